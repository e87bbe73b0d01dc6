# libarchive of the release build: a static library over zlib.
find_path(LibArchive_INCLUDE_DIR archive.h)
find_library(LibArchive_LIBRARY archive)
find_package(ZLIB REQUIRED)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibArchive REQUIRED_VARS LibArchive_LIBRARY LibArchive_INCLUDE_DIR)
if(LibArchive_FOUND AND NOT TARGET LibArchive::LibArchive)
  add_library(LibArchive::LibArchive STATIC IMPORTED)
  set_target_properties(LibArchive::LibArchive PROPERTIES IMPORTED_LOCATION "${LibArchive_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibArchive_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES "ZLIB::ZLIB$<$<BOOL:${WIN32}>:;bcrypt>")
endif()
set(LibArchive_LIBRARIES LibArchive::LibArchive)
set(LibArchive_INCLUDE_DIRS "${LibArchive_INCLUDE_DIR}")
