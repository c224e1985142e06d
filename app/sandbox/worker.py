"""The fork server of the sandbox and the walls of its children: one file, standard library only, Python >= 3.8.

It is *executed* by the application, or by the interpreter of the user's own environment, with an empty environment:

    python worker.py CONTROL_FD  < configuration.json

imports torch once, and forks a child for each job. Everything that foreign code could use to reach out is taken from the child before the
first line of it runs; see `confine` for the order. It imports nothing of ours and must stay single-threaded.

Sources: landlock(7), seccomp(2), capabilities(7), prctl(2); numbers from the kernel's uapi headers.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import importlib.machinery
import io
import json
import os
import platform
import resource
import select
import signal
import socket
import struct
import sys
import sysconfig
import time

LIBC = ctypes.CDLL(None, use_errno=True)
ARCH = platform.machine()
X86, ARM = 0, 1
COLUMN = {"x86_64": X86, "aarch64": ARM}.get(ARCH)
AUDIT_ARCH = (0xC000003E, 0xC00000B7)

FIRST_UID = 60600
UIDS = 500
NOBODY = 65534

# --------------------------------------------------------------------------------------------------------------------- system calls

# name: numbers on x86_64 and aarch64; -1 where a machine lacks the call
ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "pwrite64": (18, 68),
    "preadv": (295, 69), "pwritev": (296, 70), "close": (3, 57), "close_range": (436, 436), "open": (2, -1), "openat": (257, 56),
    "stat": (4, -1), "fstat": (5, 80), "lstat": (6, -1), "newfstatat": (262, 79), "statx": (332, 291), "statfs": (137, 43),
    "fstatfs": (138, 44), "access": (21, -1), "faccessat": (269, 48), "faccessat2": (439, 439), "lseek": (8, 62),
    "readlink": (89, -1), "readlinkat": (267, 78), "getdents": (78, -1), "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49),
    "fchdir": (81, 50), "mkdir": (83, -1), "mkdirat": (258, 34), "rmdir": (84, -1), "unlink": (87, -1), "unlinkat": (263, 35),
    "rename": (82, -1), "renameat": (264, 38), "renameat2": (316, 276), "ftruncate": (77, 46), "fsync": (74, 82), "fdatasync": (75, 83),
    "fadvise64": (221, 223), "sendfile": (40, 71), "copy_file_range": (326, 285), "flock": (73, 32), "umask": (95, 166),
    "dup": (32, 23), "dup2": (33, -1), "dup3": (292, 24), "pipe": (22, -1), "pipe2": (293, 59), "eventfd": (284, -1), "eventfd2": (290, 19),
    "poll": (7, -1), "ppoll": (271, 73), "select": (23, -1), "pselect6": (270, 72), "epoll_create": (213, -1), "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21), "epoll_wait": (232, -1), "epoll_pwait": (281, 22),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233), "mincore": (27, 232),
    "msync": (26, 227), "brk": (12, 214), "get_mempolicy": (239, 236), "membarrier": (324, 283),
    "futex": (202, 98), "set_robust_list": (273, 99), "get_robust_list": (274, 100), "rseq": (334, 293), "set_tid_address": (218, 96),
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126), "getcpu": (309, 168),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, -1), "times": (100, 153), "getrusage": (98, 165), "alarm": (37, -1),
    "setitimer": (38, 103), "getitimer": (36, 102), "getrandom": (318, 278), "uname": (63, 160), "sysinfo": (99, 179),
    "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150), "getpgrp": (111, -1),
    "getpgid": (121, 155), "getsid": (124, 156), "getrlimit": (97, 163), "getpriority": (140, 141),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "pause": (34, -1), "restart_syscall": (219, 128),
    "arch_prctl": (158, -1), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
# Not in the list, on purpose: every way to make a socket, a process, a file in memory or a device; chmod, chown, utime, xattr, truncate and
# links, which Landlock does not cover or covers late; ptrace, process_vm_*, keyrings, bpf, io_uring, namespaces, mounts, SysV and POSIX IPC.
CLONE, CLONE3, KILL, TGKILL = (56, 220), (435, 435), (62, 129), (234, 131)
PRLIMIT64, PRCTL, FCNTL, IOCTL = (302, 261), (157, 167), (72, 25), (16, 29)

CLONE_THREAD = 0x00010000
CLONE_OTHERS = 0x7E020080  # CLONE_NEW*, and CLONE_NEWTIME's bit among the exit signal
EPERM, ENOSYS, ENOTTY = 1, 38, 25
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = (
    1, 4, 8, 15, 16, 22, 24, 38,
)  # fmt: skip
PR_SET_VMA = 0x53564D41
F_SETOWN, F_SETSIG, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_SETOWN_EX = 8, 10, 1024, 1026, 1031, 15
TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX = 0x5401, 0x541B, 0x5421, 0x5451, 0x5450

LD_WORD, JEQ, JSET, RET = 0x20, 0x15, 0x45, 0x06
RET_ALLOW, RET_KILL, RET_ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOW = tuple(16 + 8 * index for index in range(6))  # little-endian machines only; both are
HIGH = tuple(offset + 4 for offset in LOW)


def call(number, *args):
    """Make a system call; OSError where it fails."""
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args])
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def prctl(option, *args):
    """Make a prctl; OSError where it fails."""
    padded = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in [*args, 0, 0, 0, 0][:4]]
    if LIBC.prctl(ctypes.c_int(option), *padded) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


# ----------------------------------------------------------------------------------------------------------------- wall: system calls


def instruction(code, value, true=0, false=0):
    """Encode one BPF instruction."""
    return struct.pack("=HBBI", code, true, false, value)


def when(number, *body):
    """Run `body` for one system call; it must end in a return."""
    return [instruction(JEQ, number, 0, len(body)), *body]


def filter_program(pid):
    """Write the allow list as a BPF program for a process that may signal nobody but itself."""
    allow, refuse = instruction(RET, RET_ALLOW), instruction(RET, RET_ERRNO | EPERM)
    program = [
        instruction(LD_WORD, 4),
        instruction(JEQ, AUDIT_ARCH[COLUMN], 1, 0),
        instruction(RET, RET_KILL),
        instruction(LD_WORD, 0),
    ]
    for numbers in ALLOWED.values():
        if numbers[COLUMN] >= 0:
            program += when(numbers[COLUMN], allow)
    program += when(CLONE3[COLUMN], instruction(RET, RET_ERRNO | ENOSYS))  # libc then falls back to clone, whose flags can be read
    program += when(
        CLONE[COLUMN],
        instruction(LD_WORD, LOW[0]),
        instruction(JSET, CLONE_OTHERS, 2, 0),
        instruction(JSET, CLONE_THREAD, 0, 1),
        allow,
        refuse,
    )
    for numbers, first in ((KILL, pid), (TGKILL, pid), (PRLIMIT64, 0)):
        program += when(
            numbers[COLUMN],
            instruction(LD_WORD, HIGH[0]),
            instruction(JEQ, 0, 0, 3),
            instruction(LD_WORD, LOW[0]),
            instruction(JEQ, first, 0, 1),
            allow,
            refuse,
        )
    program += only(PRCTL[COLUMN], 0, (PR_SET_NAME, PR_GET_NAME, PR_SET_VMA), allow, refuse)
    program += only(IOCTL[COLUMN], 1, (TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX), allow, instruction(RET, RET_ERRNO | ENOTTY))
    program += only(FCNTL[COLUMN], 1, (F_SETOWN, F_SETSIG, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_SETOWN_EX), refuse, allow)
    program.append(refuse)
    return b"".join(program)


def only(number, argument, values, match, otherwise):
    """Return `match` where the low word of an argument is one of `values`, else `otherwise`."""
    tests = [part for value in values for part in (instruction(JEQ, value, 0, 1), match)]
    return when(number, instruction(LD_WORD, LOW[argument]), *tests, otherwise)


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter(pid):
    """Let this process make no system call that is not on the list."""
    program = filter_program(pid)
    prctl(PR_SET_SECCOMP, 2, ctypes.byref(Program(len(program) // 8, program)))


# ------------------------------------------------------------------------------------------------------------------------ wall: files

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ_FILE, READ_DIR, EXECUTE, WRITE_FILE = 1 << 2, 1 << 3, 1 << 0, 1 << 1
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, REFER, TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 13, 1 << 14
FILE_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
WRITABLE = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")


def landlock_abi():
    """Version of Landlock that the kernel speaks; 0 for none."""
    try:
        return call(LANDLOCK_CREATE, None, 0, 1)
    except OSError:
        return 0


def restrict_files(abi, readable, writable):
    """See only `readable` paths and change only what lies under `writable`; no TCP, no signals or abstract sockets outside."""
    files = FILE_RIGHTS_BY_ABI[max(known for known in FILE_RIGHTS_BY_ABI if known <= abi)]
    rules = struct.pack("=QQQ", files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    rules = rules[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = call(LANDLOCK_CREATE, rules, len(rules), 0)
    for paths, rights in ((readable, READ_FILE | READ_DIR), (writable, WRITABLE), (DEVICES, READ_FILE | WRITE_FILE)):
        for path in paths:
            allow_beneath(ruleset, path, rights & files)
    call(LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def allow_beneath(ruleset, path, rights):
    """Grant rights on one path and what lies below it; a path that is not there is passed over."""
    try:
        handle = os.open(path, getattr(os, "O_PATH", 0o10000000) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= READ_FILE | WRITE_FILE | EXECUTE | TRUNCATE
        call(LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def library_paths(excluded):
    """Where Python and its packages lie, but for our own package's folder."""
    places = sysconfig.get_paths()
    paths = [*sys.path, sysconfig.get_config_var("LIBDIR") or ""]
    paths += [places[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for name, module in list(sys.modules.items()):  # packages installed as links to where they are being written
        if name.startswith("__editable__"):
            paths += [os.path.dirname(path) for path in getattr(module, "MAPPING", {}).values()]
    known = {os.path.realpath(path) for path in paths if path and os.path.exists(path)}
    return sorted(path for path in known - excluded if path.count(os.sep) > 1)


def hidden_from_others(path):
    """Whether an ordinary user cannot walk to a folder."""
    path = os.path.realpath(path)
    while path != os.path.dirname(path):
        with contextlib.suppress(OSError):
            if not os.stat(path).st_mode & 0o001:
                return True
        path = os.path.dirname(path)
    return False


# -------------------------------------------------------------------------------------------------------------- wall: who, how much

CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522


def may_keep_reading():
    """Whether this is root with the capability to read everything; a container's root may lack it."""
    with open("/proc/self/status") as file:
        mask = next((int(line.split()[1], 16) for line in file if line.startswith("CapPrm")), 0)
    return os.geteuid() == 0 and bool(mask >> CAP_DAC_READ_SEARCH & 1)


def limit_resources(limits, base, ordinary):
    """Set the limits of memory, time, files and processes; none can be raised again."""
    seconds = int(limits["seconds"]) + 2
    for what, value in (
        (resource.RLIMIT_AS, base + limits["memory"]),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, limits["files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(what, (value, value))
    if not ordinary:  # the count is per user: only where this user is the job's own
        resource.setrlimit(resource.RLIMIT_NPROC, (limits["threads"], limits["threads"]))


def become_nobody(uid, keep_reading):
    """Give up root for a user that owns nothing; libraries that only root can reach cost one capability, to read."""
    if keep_reading:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    for owner in (uid, NOBODY):
        try:
            os.setresgid(owner, owner, owner)
            os.setresuid(owner, owner, owner)
        except OSError:  # a container may not map it
            if owner == NOBODY:
                raise
        else:
            break


def keep_capabilities(mask):
    """Keep these capabilities and lose all others."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low = mask & 0xFFFFFFFF
    data = struct.pack("=6I", low, low, 0, 0, 0, 0)
    if LIBC.capset(header, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def address_space():
    """Bytes of address space this process has mapped: what the job starts with is no part of its limit."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def confine(job, server):
    """Raise the walls around this freshly forked child, in an order in which each is still possible.

    parent-death signal -> descriptors 0-3 -> empty environment -> resource limits -> files and network (Landlock) -> another user, no
    capabilities -> no new privileges -> system calls (seccomp).
    """
    without = set(server["without"])  # tests only: shows that the other walls hold without one
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server["pid"]:
        os._exit(1)
    base = address_space()
    os.setsid()
    root = os.geteuid() == 0
    os.umask(0o077)
    os.chdir(job["scratch"])
    clear_environment(job["scratch"])
    changes_user = root and "user" not in without
    if changes_user:
        os.chown(job["scratch"], job["uid"], job["uid"])
    if "limits" not in without:
        limit_resources(job["limits"], base, ordinary=not changes_user)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if "landlock" not in without:
        restrict_files(server["landlock"], [*server["libraries"], job["source"]], [job["scratch"]])
    if changes_user:
        become_nobody(job["uid"], server["keep_reading"])
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # changing the user cleared it
        if os.getppid() != server["pid"]:
            os._exit(1)
    if "user" not in without:
        keep_capabilities(1 << CAP_DAC_READ_SEARCH if changes_user and server["keep_reading"] else 0)
    if "seccomp" not in without:
        install_filter(os.getpid())


def clear_environment(scratch):
    """Leave nothing but a home and a place for temporary files."""
    os.environ.clear()
    LIBC.clearenv()
    os.environ.update({"HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})


# --------------------------------------------------------------------------------------------------------------------- the fork server


PREFIX = "keygraft_"


class ProgramFinder:
    """Finds and loads the programs that came as text: `keygraft_model` is the program `model`."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        """Answer for our programs only."""
        if name.startswith(PREFIX) and name[len(PREFIX) :] in self.sources:
            return importlib.machinery.ModuleSpec(name, self, origin="<keygraft>")
        return None

    def create_module(self, spec):
        """Take an ordinary module."""

    def exec_module(self, module):
        """Run the text in it."""
        name = module.__name__[len(PREFIX) :]
        exec(compile(self.sources[name], "<keygraft %s>" % name, "exec"), module.__dict__)


class ProjectFinder:
    """Finds the uploaded project's packages before all others, and never finds ours.

    A folder without `__init__.py` would otherwise lose to a package of that name anywhere on the path.
    """

    def __init__(self, source, hidden):
        self.source, self.hidden = source, frozenset(hidden)

    def find_spec(self, name, path=None, target=None):
        """Answer for top-level names only."""
        if path is not None or "." in name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [self.source], target)
        if spec is not None and ((spec.loader is not None and spec.origin is not None) or holds_code(os.path.join(self.source, name))):
            return spec
        if name in self.hidden:
            raise ModuleNotFoundError("No module named %r" % name, name=name)
        return None


def holds_code(folder):
    """Whether Python files lie in a folder."""
    return any(file.endswith(".py") for _, _, files in os.walk(folder) for file in files)


def arrange_descriptors(job_in, log, answer):
    """Keep only 0 (the job), 1 and 2 (the log), 3 (the answer)."""
    for low, handle in enumerate([os.dup2(fd, 100 + place) for place, fd in enumerate((job_in, log, log, answer))]):
        os.dup2(handle, low)
    try:
        call(436, 4, 0xFFFFFFFF, 0)  # close_range
    except OSError:
        os.closerange(4, 1 << 16)


def read_all(handle):
    """Read a descriptor to its end."""
    chunks = []
    while True:
        chunk = os.read(handle, 1 << 16)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def write_all(write, handle, data):
    """Write everything."""
    view = memoryview(data)
    while view:
        view = view[write(handle, view) :]


def child(job, handles, server, programs):
    """Run one job behind the walls and answer once."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    arrange_descriptors(*handles)
    confine(job, server)
    encode, write, leave, dumps = str.encode, os.write, os._exit, json.dumps  # taken before foreign code can replace them
    task = json.loads(read_all(0))
    seal = bytes.fromhex(task["seal"])
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", "backslashreplace", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.path.insert(0, job["source"])
    sys.path_importer_cache.pop(job["source"], None)
    sys.meta_path.insert(0, ProjectFinder(job["source"], server["hidden"]))
    sys.argv = ["keygraft-sandbox"]
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = job["scratch"]  # it may have settled on another folder before the fork
    started = time.perf_counter()
    try:
        result = programs[task["program"]].main(task["payload"], job["source"])
    except MemoryError:
        result = {"failure": {"code": "build_memory", "params": {}}}
    text = dumps({"result": result, "seconds": time.perf_counter() - started}, allow_nan=False)
    body = encode(text, "utf-8", "surrogatepass")
    write_all(write, 3, seal + struct.pack(">Q", len(body)) + body)
    leave(0)


class Server:
    """Forks children on request and tells of their end."""

    def __init__(self, control, config):
        self.control = control
        self.children = {}  # pidfd -> (job, pid)
        self.count = 0
        abi = landlock_abi()
        excluded = {os.path.realpath(path) for path in config.get("excluded", ())}
        sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) not in excluded]
        libraries = [*library_paths(excluded), *SYSTEM_LIBRARIES]
        self.settings = {
            "pid": os.getpid(),
            "landlock": abi,
            "libraries": libraries,
            "hidden": config.get("hidden", []),
            "without": config.get("without", []),
            "keep_reading": may_keep_reading() and any(hidden_from_others(path) for path in libraries if os.path.isdir(path)),
        }
        sys.meta_path.insert(0, ProgramFinder(config["programs"]))
        self.programs = {name: importlib.import_module(PREFIX + name) for name in config["programs"]}
        for program in self.programs.values():
            if hasattr(program, "warm"):
                program.warm(config.get("preload", []))

    def facts(self):
        """What the application should know of this process."""
        torch = sys.modules.get("torch")
        return {
            "ready": True,
            "pid": os.getpid(),
            "python": platform.python_version(),
            "torch": str(getattr(torch, "__version__", "")),
            "arch": ARCH,
            "landlock": self.settings["landlock"],
            "root": os.geteuid() == 0,
            "keep_reading": self.settings["keep_reading"],
            "threads": len(os.listdir("/proc/self/task")),
            "paths": [path for path in sys.path if os.path.isdir(path)],
        }

    def serve(self):
        """Answer requests until the application goes away."""
        poller = select.poll()
        poller.register(self.control, select.POLLIN)
        while True:
            for handle, _ in poller.poll():
                if handle != self.control.fileno():
                    poller.unregister(handle)
                    self.bury(handle)
                    continue
                message, handles = receive(self.control)
                if message is None:
                    os._exit(0)
                poller.register(self.fork(message, handles), select.POLLIN)

    def fork(self, job, handles):
        """Fork a child for a job; returns its pidfd, which the application gets too."""
        self.count += 1
        job["uid"] = FIRST_UID + self.count % UIDS
        pid = os.fork()
        if pid == 0:
            try:
                child(job, handles, self.settings, self.programs)
            except BaseException as error:
                with contextlib.suppress(Exception):
                    os.write(2, ("keygraft: %s: %s\n" % (type(error).__name__, error)).encode("utf-8", "replace"))
            finally:
                os._exit(120)
        for handle in handles:
            os.close(handle)
        pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else call(434, pid, 0)
        self.children[pidfd] = (job["job"], pid)
        send(self.control, {"started": job["job"], "pid": pid}, [pidfd])
        return pidfd

    def bury(self, pidfd):
        """Reap a child and tell how it ended."""
        job, pid = self.children.pop(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(pid, 0)
        send(self.control, {"ended": job, "status": status, "memory": usage.ru_maxrss * 1024, "cpu": usage.ru_utime + usage.ru_stime}, [])


def receive(control):
    """One message and the descriptors that came with it; (None, []) at the end."""
    data, ancillary, _, _ = control.recvmsg(1 << 16, socket.CMSG_SPACE(8 * 4))
    if not data:
        return None, []
    handles = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            handles.frombytes(content[: len(content) - len(content) % handles.itemsize])
    return json.loads(data), list(handles)


def send(control, message, handles):
    """Send one message with descriptors; the application may be gone."""
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handles))] if handles else []
    try:
        control.sendmsg([json.dumps(message).encode()], ancillary)
    except OSError:
        os._exit(0)


def main():
    """Read the configuration, warm up, serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the application decides when this ends
    sys.dont_write_bytecode = True
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != os.path.realpath(folder)]
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(read_all(0))
    server = Server(control, config)
    gc.collect()
    gc.freeze()
    send(control, server.facts(), [])
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 2)  # nobody reads the pipe from here on: a full one would stop us
    os.close(nothing)
    server.serve()


if __name__ == "__main__":
    main()
