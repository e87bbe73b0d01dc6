// The programs of a fake agent container, in one: under the name it was called by, prints the answer that the fake kubelet wrote for this
// agent into $KPR_LAB_AGENT. Static and small, because a probe of 1,000 agents starts it thousands of times.
//   "<program> <arguments>.out", ".err", ".rc": standard output, standard error, exit code; '/' in arguments is written '%'.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[4096];
static char buffer[1 << 16];

static int copy_file(const char* directory, const char* key, const char* ending, int to) {
  snprintf(path, sizeof path, "%s/%s%s", directory, key, ending);
  int from = open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) return 0;
  ssize_t n;
  while ((n = read(from, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < n;) {
      ssize_t w = write(to, buffer + done, n - done);
      if (w < 0) _exit(141);  // the reader is gone
      done += w;
    }
  }
  close(from);
  return 1;
}

int main(int argc, char** argv) {
  const char* directory = getenv("KPR_LAB_AGENT");
  const char* name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
  if (!directory) {
    fprintf(stderr, "%s: no agent to speak for (KPR_LAB_AGENT)\n", name);
    return 1;
  }
  static char key[2048];
  const char* called = name;
  if (strcmp(name, "cilium-dbg") == 0) name = "cilium";  // one program with two names
  size_t length = snprintf(key, sizeof key, "%s", name);
  size_t name_length = strlen(name);
  int is_save = name_length > 5 && strcmp(name + name_length - 5, "-save") == 0;
  for (int i = 1; i < argc && !is_save && length < sizeof key - 1; ++i) {
    const char* a = argv[i];
    const char* pre = "";
    if (strncmp(a, "--output=", 9) == 0) pre = "-o ", a += 9;
    else if (strcmp(a, "--output") == 0) a = "-o";
    else if (strncmp(a, "-o=", 3) == 0) pre = "-o ", a += 3;
    else if (strncmp(a, "-o", 2) == 0 && a[2]) pre = "-o ", a += 2;
    length += snprintf(key + length, sizeof key - length, " %s%s", pre, a);
  }
  for (char* c = key; *c; ++c)
    if (*c == '/') *c = '%';
  if (!copy_file(directory, key, ".out", 1)) {
    fprintf(stderr, "Error: unknown command \"%s\" for \"%s\"\n", argc > 1 ? argv[1] : "", called);
    return 1;
  }
  copy_file(directory, key, ".err", 2);
  snprintf(path, sizeof path, "%s/%s.rc", directory, key);
  FILE* rc = fopen(path, "r");
  int code = 0;
  if (rc && fscanf(rc, "%d", &code) != 1) code = 0;
  return code;
}
