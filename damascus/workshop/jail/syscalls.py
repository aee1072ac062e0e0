"""System calls by name: their numbers on x86_64 and aarch64, and what the jail does with them. Data only.

A call that is in no list here is allowed; a call that is newer than this table does not exist in the jail.
"""

from typing import Final

X86_64, AARCH64 = 0, 1
AUDIT: Final[dict[str, tuple[int, int]]] = {"x86_64": (X86_64, 0xC000003E), "aarch64": (AARCH64, 0xC00000B7)}
FIRST_UNKNOWN: Final = 470
RLIMIT_LOCKS: Final = 10  # no meaning since Linux 2.4.25; bears the mark of a command (leftovers.py)

# name: (x86_64, aarch64); None where the architecture does not have it
NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "accept": (43, 202), "accept4": (288, 242), "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171),
    "bind": (49, 200), "bpf": (321, 280), "chmod": (90, None), "chown": (92, None), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "clone": (56, 220), "clone3": (435, 435),
    "connect": (42, 203), "creat": (85, None), "delete_module": (176, 106), "fallocate": (285, 47),
    "fanotify_init": (300, 262), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchown": (93, 55), "fchownat": (260, 54), "fcntl": (72, 25), "file_setattr": (469, 469),
    "finit_module": (313, 273), "fork": (57, None), "fremovexattr": (199, 16), "fsconfig": (431, 431),
    "fsetxattr": (190, 7), "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433), "futimesat": (261, None),
    "init_module": (175, 105), "inotify_add_watch": (254, 27), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "ioctl": (16, 29), "ioperm": (173, None),
    "iopl": (172, None), "ioprio_set": (251, 30), "kcmp": (312, 272), "kexec_file_load": (320, 294),
    "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129), "lchown": (94, None), "link": (86, None),
    "linkat": (265, 37), "listen": (50, 201), "listmount": (458, 458), "lookup_dcookie": (212, 18),
    "lremovexattr": (198, 15), "lsetxattr": (189, 6), "lsm_set_self_attr": (460, 460), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "migrate_pages": (256, 238), "mkdir": (83, None), "mkdirat": (258, 34),
    "mknod": (133, None), "mknodat": (259, 33), "mmap": (9, 222), "modify_ldt": (154, None), "mount": (165, 40),
    "mount_setattr": (442, 442), "move_mount": (429, 429), "move_pages": (279, 239), "mq_open": (240, 180),
    "mq_unlink": (241, 181), "msgctl": (71, 187), "msgget": (68, 186), "msgrcv": (70, 188), "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264), "open": (2, None), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "open_tree_attr": (467, 467), "openat": (257, 56), "openat2": (437, 437), "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "pivot_root": (155, 41), "prctl": (157, 167),
    "prlimit64": (302, 261), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "reboot": (169, 142), "removexattr": (197, 14), "removexattrat": (466, 466),
    "renameat2": (316, 276), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "semctl": (66, 191), "semget": (64, 190), "semop": (65, 193),
    "semtimedop": (220, 192), "sendmmsg": (307, 269), "sendmsg": (46, 211), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setns": (308, 268), "setpriority": (141, 140), "setrlimit": (160, 164),
    "settimeofday": (164, 170), "setxattr": (188, 5), "setxattrat": (463, 463), "shmat": (30, 196),
    "shmctl": (31, 195), "shmget": (29, 194), "socket": (41, 198), "socketpair": (53, 199), "statmount": (457, 457),
    "swapoff": (168, 225), "swapon": (167, 224), "symlink": (88, None), "symlinkat": (266, 36), "syslog": (103, 116),
    "tgkill": (234, 131), "tkill": (200, 130), "truncate": (76, 45), "umount2": (166, 39), "unshare": (272, 97),
    "userfaultfd": (323, 282), "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None),
    "vfork": (58, None), "vhangup": (153, 58),
}  # fmt: skip

# Refused with EPERM. The network; other processes; the machine; memory that no limit counts; what outlives the command.
DENIED: Final = [
    "socket", "connect", "bind", "listen", "accept", "accept4", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp", "rt_tgsigqueueinfo",
    "migrate_pages", "move_pages", "ioprio_set", "sched_setattr", "mount", "umount2", "mount_setattr",
    "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root",
    "chroot", "listmount", "statmount", "unshare", "setns", "name_to_handle_at", "open_by_handle_at",
    "fanotify_init", "inotify_add_watch", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "add_key", "request_key", "keyctl", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct", "syslog", "vhangup",
    "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "iopl", "ioperm", "modify_ldt", "lookup_dcookie", "lsm_set_self_attr", "shmget", "shmat",
    "shmctl", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open",
    "mq_unlink", "file_setattr",
]  # fmt: skip
# Refused once the filter's listener was sent to the launcher: a file in flight belongs to no process.
SEALED: Final = ["sendmsg", "sendmmsg"]
# Refused as if the kernel did not have them: programs then use an older call that the filter can look into.
ABSENT: Final = ["clone3", "openat2", "memfd_create", "memfd_secret", "utime", "utimes", "futimesat"]
# Refused as if the file system did not have them; a fallocate would fill a disk faster than anybody can count.
UNSUPPORTED: Final = [
    "fallocate",
    "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
    "removexattrat",
]  # fmt: skip
# Reported as successful, as fakeroot does: archives and copies ask for it, and files in the jail have one owner anyway.
PRETENDED: Final = ["chown", "lchown", "fchown", "fchownat"]
# Suspended until the launcher has responded: it counts processes, and changes modes and times in the workspace only.
FORKS: Final = ["fork", "vfork", "clone"]
NOTIFIED: Final = ["chmod", "fchmod", "fchmodat", "fchmodat2", "utimensat"]
# Suspended, too, until the launcher has counted: each may make one more file; nothing else makes one. Which argument
# is the folder's descriptor (None: there is none), and which the path of what is made.
CREATIONS: Final[dict[str, tuple[int | None, int]]] = {
    "open": (None, 0), "openat": (0, 1), "creat": (None, 0), "mkdir": (None, 0), "mkdirat": (0, 1), "mknod": (None, 0),
    "mknodat": (0, 1), "symlink": (None, 1), "symlinkat": (1, 2), "link": (None, 1), "linkat": (2, 3),
}  # fmt: skip
# Allowed where a command has a loopback; a Unix socket is bound and connected by the launcher only.
LISTENING: Final = ["listen", "accept", "accept4"]
# Made by the launcher where a command has a loopback: the filter cannot look into an address, nor into a message.
SOCKET_CALLS: Final = ["connect", "bind", "sendmsg"]
# Without Landlock's scopes (ABI below 6) a signal may go only to the sender's own group.
SIGNALS: Final = ["tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo"]


def number(name: str, architecture: int) -> int | None:
    """Return the number of system call `name`, None if the architecture does not have it."""
    return NUMBERS[name][architecture]


def forks(architecture: int) -> frozenset[bytes]:
    """Return the numbers of the calls that start a process or a thread, as /proc writes them."""
    numbers = (number(name, architecture) for name in (*FORKS, "clone3"))
    return frozenset(b"%d" % found for found in numbers if found is not None)
