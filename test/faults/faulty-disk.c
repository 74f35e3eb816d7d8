/*
 * A disk that fails when it is told to. Preloaded into an unmodified program, this stands between it and the C library
 * and counts the operations that change files below one directory.
 *
 *   FAULTS_BELOW   the directory
 *   FAULTS_WHILE   a file: only while it exists are operations counted and hurt; unset: always
 *   FAULTS_ONLY    only operations on paths that begin so are hurt; all below are counted
 *   FAULTS_LOG     a file that gets a line for each operation: its number, what it does, the path
 *   FAULTS_KILL    the number of the operation just before which the process is killed
 *   FAULTS_TORN    with FAULTS_KILL: half of that write is done first
 *   FAULTS_FAIL    the number of the operation that fails, counted among those that can be hurt
 *   FAULTS_EVER    with FAULTS_FAIL: so does every later one
 *   FAULTS_KIND    with FAULTS_FAIL: only operations of this kind fail (write, sync, ...) and count as hurt
 *   FAULTS_ERRNO   with what they fail
 *
 * Blind to writes through mapped memory: of SQLite's, only those to -shm files, which nothing depends on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_DESCRIPTOR 4096

static char *paths[MAX_DESCRIPTOR]; /* of open files below the directory, by descriptor */
static long operations, hurt;
static int log_descriptor = -1;

#define REAL(result, name, ...) \
  static result (*real_##name)(__VA_ARGS__); \
  if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static const char *setting(const char *name) { return getenv(name); }
static long number(const char *name) { const char *text = setting(name); return text ? atol(text) : 0; }

static int begins(const char *path, const char *with) {
  size_t length = with ? strlen(with) : 0;
  return length > 0 && strncmp(path, with, length) == 0;
}

static int is_watched(const char *path) { return path && begins(path, setting("FAULTS_BELOW")); }

static void absolute(char *to, const char *path) {
  char here[PATH_MAX];
  if (path[0] == '/' || !getcwd(here, sizeof here)) snprintf(to, PATH_MAX, "%s", path);
  else snprintf(to, PATH_MAX, "%.2000s/%.2000s", here, path);
}

static void note(const char *kind, const char *path) {
  const char *file = setting("FAULTS_LOG");
  if (!file) return;
  if (log_descriptor < 0) {
    REAL(int, open64, const char *, int, ...);
    log_descriptor = real_open64(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  dprintf(log_descriptor, "%ld %s %s\n", operations, kind, path);
}

/* Asked before each operation: the error with which it fails, 0 to go on. Tells by `tear` to do half and die. */
static int fate(const char *kind, const char *path, int *tear) {
  int saved = errno;
  const char *while_there = setting("FAULTS_WHILE");
  if (tear) *tear = 0;
  if (while_there && access(while_there, F_OK) != 0) { errno = saved; return 0; }
  operations++;
  note(kind, path);
  if (number("FAULTS_KILL") == operations) {
    if (tear && number("FAULTS_TORN")) *tear = 1;
    else kill(getpid(), SIGKILL);
  }
  errno = saved;
  long from = number("FAULTS_FAIL");
  const char *only = setting("FAULTS_ONLY"), *only_kind = setting("FAULTS_KIND");
  if (!from || (only && !begins(path, only)) || (only_kind && strcmp(kind, only_kind) != 0)) return 0;
  hurt++;
  return hurt == from || (hurt > from && number("FAULTS_EVER")) ? (int)number("FAULTS_ERRNO") : 0;
}

#define FAIL_IF(kind, path) \
  do { int error = fate(kind, path, 0); if (error) { errno = error; return -1; } } while (0)

static const char *path_of(int descriptor) {
  return descriptor >= 0 && descriptor < MAX_DESCRIPTOR ? paths[descriptor] : 0;
}

static int opened(int descriptor, const char *path) {
  if (descriptor >= 0 && descriptor < MAX_DESCRIPTOR) {
    free(paths[descriptor]);
    paths[descriptor] = is_watched(path) ? strdup(path) : 0;
  }
  return descriptor;
}

static int open_any(const char *path, int flags, mode_t mode) {
  REAL(int, open64, const char *, int, ...);
  char full[PATH_MAX];
  absolute(full, path);
  int makes = (flags & O_TRUNC) || ((flags & O_CREAT) && access(full, F_OK) != 0);
  if (makes && is_watched(full)) FAIL_IF("create", full);
  return opened(real_open64(path, flags, mode), full);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags) return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_any(path, flags, mode); }

int close(int descriptor) {
  REAL(int, close, int);
  if (path_of(descriptor)) opened(descriptor, 0);
  return real_close(descriptor);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  const char *path = path_of(descriptor);
  if (path) {
    int tear, error = fate("write", path, &tear);
    if (tear) { real_pwrite64(descriptor, bytes, count / 2, at); kill(getpid(), SIGKILL); }
    if (error) { errno = error; return -1; }
  }
  return real_pwrite64(descriptor, bytes, count, at);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) { return pwrite64(descriptor, bytes, count, at); }

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  const char *path = path_of(descriptor);
  if (path) {
    int tear, error = fate("write", path, &tear);
    if (tear) { if (real_write(descriptor, bytes, count / 2)) {} kill(getpid(), SIGKILL); }
    if (error) { errno = error; return -1; }
  }
  return real_write(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (path_of(descriptor)) FAIL_IF("write", path_of(descriptor));
  return real_writev(descriptor, parts, count);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t at) {
  REAL(ssize_t, pwritev64, int, const struct iovec *, int, off64_t);
  if (path_of(descriptor)) FAIL_IF("write", path_of(descriptor));
  return real_pwritev64(descriptor, parts, count, at);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t at) { return pwritev64(descriptor, parts, count, at); }

int fsync(int descriptor) {
  REAL(int, fsync, int);
  if (path_of(descriptor)) FAIL_IF("sync", path_of(descriptor));
  return real_fsync(descriptor);
}
int fdatasync(int descriptor) {
  REAL(int, fdatasync, int);
  if (path_of(descriptor)) FAIL_IF("sync", path_of(descriptor));
  return real_fdatasync(descriptor);
}
int ftruncate64(int descriptor, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  if (path_of(descriptor)) FAIL_IF("truncate", path_of(descriptor));
  return real_ftruncate64(descriptor, length);
}
int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

#define ON_PATH(kind, path) \
  char full[PATH_MAX]; \
  absolute(full, path); \
  if (is_watched(full)) FAIL_IF(kind, full)

int unlink(const char *path) { REAL(int, unlink, const char *); ON_PATH("unlink", path); return real_unlink(path); }
int unlinkat(int directory, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  char above[PATH_MAX / 2] = "", full[PATH_MAX];
  if (path[0] != '/' && directory != AT_FDCWD) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t length = readlink(link, above, sizeof above - 1);
    snprintf(full, sizeof full, "%.*s/%.2000s", (int)(length < 0 ? 0 : length), above, path);
  } else absolute(full, path);
  if (is_watched(full)) FAIL_IF("unlink", full);
  return real_unlinkat(directory, path, flags);
}
int rmdir(const char *path) { REAL(int, rmdir, const char *); ON_PATH("rmdir", path); return real_rmdir(path); }
int mkdir(const char *path, mode_t mode) { REAL(int, mkdir, const char *, mode_t); ON_PATH("mkdir", path); return real_mkdir(path, mode); }
int rename(const char *from, const char *to) { REAL(int, rename, const char *, const char *); ON_PATH("rename", to); return real_rename(from, to); }
int link(const char *from, const char *to) { REAL(int, link, const char *, const char *); ON_PATH("link", to); return real_link(from, to); }
