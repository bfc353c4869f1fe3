/* Makes a disk full: from the n-th write on, every write, sync, rename or growth of a file under a folder fails with
   ENOSPC, until that is called off. For proofs (LD_PRELOAD); what it is told comes by its own functions. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[4096];
static volatile long count = 0, fails_from = 0;

void disk_under(const char *path) { strncpy(folder, path, sizeof folder - 1); }
void disk_fails_from(long n) { count = 0; fails_from = n; }
long disk_writes(void) { return count; }

static int is_ours(const char *path) { return folder[0] && path && !strncmp(path, folder, strlen(folder)); }

static int is_ours_fd(int fd) {
  char link[64], path[4096];
  if (!folder[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

static int is_full(int ours) {
  if (!ours) return 0;
  long now = __sync_add_and_fetch(&count, 1);
  return fails_from && now >= fails_from;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define REFUSE(ours) if (is_full(ours)) { errno = ENOSPC; return -1; }

ssize_t write(int fd, const void *data, size_t size) { REAL(write); REFUSE(is_ours_fd(fd)) return real(fd, data, size); }
ssize_t writev(int fd, const struct iovec *data, int size) { REAL(writev); REFUSE(is_ours_fd(fd)) return real(fd, data, size); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { REAL(pwrite); REFUSE(is_ours_fd(fd)) return real(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { REAL(pwrite64); REFUSE(is_ours_fd(fd)) return real(fd, data, size, at); }
int fsync(int fd) { REAL(fsync); REFUSE(is_ours_fd(fd)) return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); REFUSE(is_ours_fd(fd)) return real(fd); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); REFUSE(is_ours_fd(fd)) return real(fd, size); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); REFUSE(is_ours_fd(fd)) return real(fd, size); }
int fallocate(int fd, int mode, off_t at, off_t size) { REAL(fallocate); REFUSE(is_ours_fd(fd)) return real(fd, mode, at, size); }
int posix_fallocate(int fd, off_t at, off_t size) { REAL(posix_fallocate); if (is_full(is_ours_fd(fd))) return ENOSPC; return real(fd, at, size); }
int rename(const char *from, const char *to) { REAL(rename); REFUSE(is_ours(to)) return real(from, to); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); REFUSE(is_ours(path)) return real(path, mode); }

int open64(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; va_end(rest);
  REAL(open64);
  if (flags & O_CREAT) REFUSE(is_ours(path) && access(path, F_OK))
  return real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; va_end(rest);
  REAL(open);
  if (flags & O_CREAT) REFUSE(is_ours(path) && access(path, F_OK))
  return real(path, flags, mode);
}
