#include "cli/dispatch.hpp"

int main(int argc, char** argv) {
  return kpr::cli::main_with_process(argc, argv);
}
