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
 *   FAULTS_SHORT   with FAULTS_FAIL and a kind of write: the write does half of its work and says so; the next one fails
 *   FAULTS_SLOW    how many milliseconds each sync takes
 *   FAULTS_ROUND   whenever it changes, counting begins anew
 *   FAULTS_TRACE   a file that gets a record of each operation with its bytes, and of what is printed meanwhile
 *
 * All are asked for before each operation, so a program may set them for itself as it goes on. Opening what is there
 * changes nothing, and is counted and hurt only where FAULTS_KIND is open.
 *
 * Blind to writes through mapped memory: of SQLite's, only those to -shm files, which nothing depends on.
 *
 * A program that is ready to work may open /copy: from there on it runs in a copy of its process, which has /dev/null for
 * its input and leaves by opening /copy/leave. The process itself waits meanwhile, and fails to open it: with ENOENT when
 * the copy has left, ECANCELED when it was killed, EFAULT when it crashed. To start Node anew takes twenty times as long.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_DESCRIPTOR 4096

static char *paths[MAX_DESCRIPTOR]; /* of open files below the directory, by descriptor */
static long operations, hurt;
static int log_descriptor = -1, trace_descriptor = -1;
static char log_file[PATH_MAX], trace_file[PATH_MAX];
static char round_name[64];

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

/* The descriptor of a file that is written to the end of; another one as soon as it has another name. */
static int appending(const char *file, char *known, int descriptor) {
  REAL(int, open64, const char *, int, ...);
  REAL(int, close, int);
  if (descriptor >= 0 && strcmp(file, known) == 0) return descriptor;
  if (descriptor >= 0) real_close(descriptor);
  snprintf(known, PATH_MAX, "%s", file);
  return real_open64(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *kind, const char *path) {
  const char *file = setting("FAULTS_LOG");
  if (!file) return;
  log_descriptor = appending(file, log_file, log_descriptor);
  dprintf(log_descriptor, "%ld %s %s\n", operations, kind, path);
}

/*
 * What was done, for whoever builds what a disk may hold after a power cut: a head of 40 bytes, two paths, the bytes.
 * Files go by their numbers: one that is open may be renamed meanwhile, or a directory above it.
 */
static void trace(const char *kind, const char *path, const char *other, uint64_t file, int64_t at, const void *bytes, size_t count) {
  const char *name = setting("FAULTS_TRACE");
  if (!name) return;
  int saved = errno;
  trace_descriptor = appending(name, trace_file, trace_descriptor);
  struct __attribute__((packed)) { char kind[8]; uint64_t file; int64_t at; uint32_t lengths[4]; } head = {
    .file = file, .at = at, .lengths = { path ? strlen(path) : 0, other ? strlen(other) : 0, count, 0 },
  };
  memcpy(head.kind, kind, strlen(kind)); /* at most six letters */
  REAL(ssize_t, writev, int, const struct iovec *, int);
  struct iovec parts[4] = { { &head, sizeof head }, { (void *)path, head.lengths[0] }, { (void *)other, head.lengths[1] }, { (void *)bytes, count } };
  if (real_writev(trace_descriptor, parts, 4)) {}
  errno = saved;
}

static uint64_t number_of(int descriptor) { struct stat found; return fstat(descriptor, &found) == 0 ? found.st_ino : 0; }
static uint64_t number_at(const char *path) { struct stat found; return lstat(path, &found) == 0 ? found.st_ino : 0; }

static void begin_anew(void) {
  const char *name = setting("FAULTS_ROUND");
  if (!name || strcmp(name, round_name) == 0) return;
  snprintf(round_name, sizeof round_name, "%s", name);
  operations = hurt = 0;
}

static int hurts(const char *kind, const char *path) {
  const char *only = setting("FAULTS_ONLY"), *only_kind = setting("FAULTS_KIND");
  return number("FAULTS_FAIL") && !(only && !begins(path, only)) && !(only_kind && strcmp(kind, only_kind) != 0);
}

#define SHORTENED -1

/* Asked before each operation: the error with which it fails, 0 to go on. Tells by `tear` to do half and die. */
static int fate(const char *kind, const char *path, int *tear) {
  int saved = errno;
  const char *while_there = setting("FAULTS_WHILE");
  if (tear) *tear = 0;
  if (while_there && access(while_there, F_OK) != 0) { errno = saved; return 0; }
  begin_anew();
  operations++;
  note(kind, path);
  if (number("FAULTS_KILL") == operations) {
    if (tear && number("FAULTS_TORN")) *tear = 1;
    else kill(getpid(), SIGKILL);
  }
  errno = saved;
  if (!hurts(kind, path)) return 0;
  long from = number("FAULTS_FAIL");
  hurt++;
  if (number("FAULTS_SHORT") && strcmp(kind, "write") == 0) {
    if (hurt == from) return SHORTENED;
    from++;
  }
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

static int how_it_ended(pid_t copy) {
  int status;
  while (waitpid(copy, &status, 0) < 0) if (errno != EINTR) return errno;
  if (!WIFSIGNALED(status)) return ENOENT;
  return WTERMSIG(status) == SIGKILL ? ECANCELED : EFAULT;
}

/* In the copy: a descriptor. What it complains of goes where its answers go, in their order. */
static int copied(void) {
  REAL(int, open64, const char *, int, ...);
  pid_t copy = fork();
  if (copy != 0) { errno = copy < 0 ? errno : how_it_ended(copy); return -1; }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(STDOUT_FILENO, STDERR_FILENO);
  int nothing = real_open64("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  return nothing;
}

/* V8 asks the system to leave its memory out of copies, which it does not expect to work in. */
int madvise(void *start, size_t length, int advice) {
  REAL(int, madvise, void *, size_t, int);
  return advice == MADV_DONTFORK ? 0 : real_madvise(start, length, advice);
}

static int open_any(const char *path, int flags, mode_t mode) {
  REAL(int, open64, const char *, int, ...);
  if (strcmp(path, "/copy") == 0) return copied();
  if (strcmp(path, "/copy/leave") == 0) _exit(0);
  char full[PATH_MAX];
  absolute(full, path);
  int saved = errno, is_there = access(full, F_OK) == 0, watched = is_watched(full);
  errno = saved;
  if (watched && setting("FAULTS_KIND") && hurts("open", full)) FAIL_IF("open", full);
  else if (watched && ((flags & O_TRUNC) || ((flags & O_CREAT) && !is_there))) FAIL_IF("create", full);
  int descriptor = opened(real_open64(path, flags, mode), full);
  if (watched && descriptor >= 0 && (flags & O_CREAT) && !is_there) trace("create", full, 0, number_of(descriptor), 0, 0, 0);
  if (watched && descriptor >= 0 && (flags & O_TRUNC) && is_there) trace("cut", 0, 0, number_of(descriptor), 0, 0, 0);
  return descriptor;
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

static ssize_t wrote(int descriptor, ssize_t count, const void *bytes, int64_t at) {
  if (count > 0 && setting("FAULTS_TRACE")) trace("write", 0, 0, number_of(descriptor), at, bytes, count);
  return count;
}

/* Half of a write, rounded up: none at all would be the end of the disk. */
static size_t half(size_t count) { return (count + 1) / 2; }

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  const char *path = path_of(descriptor);
  if (!path) return real_pwrite64(descriptor, bytes, count, at);
  int tear, error = fate("write", path, &tear);
  if (tear) { real_pwrite64(descriptor, bytes, count / 2, at); kill(getpid(), SIGKILL); }
  if (error > 0) { errno = error; return -1; }
  return wrote(descriptor, real_pwrite64(descriptor, bytes, error == SHORTENED ? half(count) : count, at), bytes, at);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) { return pwrite64(descriptor, bytes, count, at); }

ssize_t write(int descriptor, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  const char *path = path_of(descriptor);
  if (!path) {
    ssize_t done = real_write(descriptor, bytes, count);
    if (descriptor == 1 && done > 0) trace("say", 0, 0, 0, 0, bytes, done);
    return done;
  }
  int tear, error = fate("write", path, &tear);
  if (tear) { if (real_write(descriptor, bytes, count / 2)) {} kill(getpid(), SIGKILL); }
  if (error > 0) { errno = error; return -1; }
  int64_t at = lseek64(descriptor, 0, SEEK_CUR);
  return wrote(descriptor, real_write(descriptor, bytes, error == SHORTENED ? half(count) : count), bytes, at);
}

/* Of several pieces, those are one operation each that are written by one call otherwise. */
#define PIECE_BY_PIECE(write_one) \
  ssize_t all = 0; \
  for (int n = 0; n < count; n++) { \
    ssize_t done = write_one; \
    if (done < 0) return all > 0 ? all : -1; \
    all += done; \
    if ((size_t)done < parts[n].iov_len) break; \
  } \
  return all;

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (!path_of(descriptor)) return real_writev(descriptor, parts, count);
  PIECE_BY_PIECE(write(descriptor, parts[n].iov_base, parts[n].iov_len))
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t at) {
  REAL(ssize_t, pwritev64, int, const struct iovec *, int, off64_t);
  if (!path_of(descriptor)) return real_pwritev64(descriptor, parts, count, at);
  PIECE_BY_PIECE(pwrite64(descriptor, parts[n].iov_base, parts[n].iov_len, at + all))
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t at) { return pwritev64(descriptor, parts, count, at); }

static int synced(int descriptor, int result) {
  if (path_of(descriptor)) usleep(number("FAULTS_SLOW") * 1000);
  if (result == 0 && path_of(descriptor)) trace("sync", path_of(descriptor), 0, number_of(descriptor), 0, 0, 0);
  return result;
}

int fsync(int descriptor) {
  REAL(int, fsync, int);
  if (path_of(descriptor)) FAIL_IF("sync", path_of(descriptor));
  return synced(descriptor, real_fsync(descriptor));
}
int fdatasync(int descriptor) {
  REAL(int, fdatasync, int);
  if (path_of(descriptor)) FAIL_IF("sync", path_of(descriptor));
  return synced(descriptor, real_fdatasync(descriptor));
}
int ftruncate64(int descriptor, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  if (path_of(descriptor)) FAIL_IF("truncate", path_of(descriptor));
  int result = real_ftruncate64(descriptor, length);
  if (result == 0 && path_of(descriptor)) trace("cut", 0, 0, number_of(descriptor), length, 0, 0);
  return result;
}
int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

#define ON_PATH(kind, path) \
  char full[PATH_MAX]; \
  absolute(full, path); \
  if (is_watched(full)) FAIL_IF(kind, full)

static int done(int result, const char *kind, const char *path, const char *other, uint64_t file) {
  if (result == 0 && (is_watched(path) || is_watched(other))) trace(kind, path, other, file, 0, 0, 0);
  return result;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  ON_PATH("unlink", path);
  return done(real_unlink(path), "unlink", full, 0, 0);
}
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
  return done(real_unlinkat(directory, path, flags), "unlink", full, 0, 0);
}
/* Node's rmSync: the C library would not come by unlink or rmdir here. */
int remove(const char *path) {
  REAL(int, remove, const char *);
  ON_PATH("unlink", path);
  return done(real_remove(path), "unlink", full, 0, 0);
}
int rmdir(const char *path) {
  REAL(int, rmdir, const char *);
  ON_PATH("rmdir", path);
  return done(real_rmdir(path), "unlink", full, 0, 0);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  ON_PATH("mkdir", path);
  int result = real_mkdir(path, mode);
  return done(result, "mkdir", full, 0, result == 0 ? number_at(full) : 0);
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  char source[PATH_MAX];
  absolute(source, from);
  ON_PATH("rename", to);
  return done(real_rename(from, to), "rename", source, full, 0);
}
int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  char source[PATH_MAX];
  absolute(source, from);
  ON_PATH("link", to);
  return done(real_link(from, to), "link", source, full, 0);
}
