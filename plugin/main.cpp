#include "cli/run.hpp"

int main(int argc, char** argv) {
  return kpr::cli::main_with_process(argc, argv);
}
