#!/usr/bin/env bash
# SQLite: which system call's error a COMMIT failed with isn't where the manual says to look.
#
# A commit that can't write (a full disk, a quota, a file size limit) is SQLITE_IOERR_WRITE, "disk I/O
# error", whatever the reason; sqlite3_system_errno() is documented to give the reason of the most recent
# I/O error. Seen, with a file size limit in place of a full disk:
#
# - SQLite 3.40.1 (Debian 12's): sqlite3_system_errno() is 0 after a COMMIT that failed so, in every
#   journal mode. The VFS does keep EFBIG: in rollback mode SQLITE_FCNTL_LAST_ERRNO on "main" has it.
# - SQLite 3.54.1: sqlite3_system_errno() is EFBIG. But SQLITE_FCNTL_LAST_ERRNO on "main" is 0 in WAL
#   mode: it asks the database file, and what failed was the write to the -wal file, which is another
#   sqlite3_file (SQLITE_FCNTL_JOURNAL_POINTER leads to it).
#
# Who wants to say "the disk is full" on both has to ask sqlite3_system_errno(), then the journal's file,
# then the database's.
set -euo pipefail

python=$(command -v python3) || { echo "needs python3 (CPython 3.10 or 3.11) with pip"; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# APSW carries its own SQLite of the same version and passes these two calls on unchanged.
cat >"$scratch/commit.py" <<'PY'
import ctypes, os, resource, signal, sys
sys.path.insert(0, sys.argv[1])
import apsw

LAST_ERRNO = 4  # SQLITE_FCNTL_LAST_ERRNO
version = apsw.sqlitelibversion() if hasattr(apsw, "sqlitelibversion") else apsw.sqlite_lib_version()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for mode in ("delete", "wal"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    database = apsw.Connection(os.path.join(sys.argv[1], mode))
    cursor = database.cursor()
    cursor.execute("PRAGMA journal_mode=" + mode).fetchall()
    cursor.execute("CREATE TABLE t(a)")
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, resource.RLIM_INFINITY))
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO t VALUES(randomblob(200000))")
    try:
        cursor.execute("COMMIT")
    except apsw.IOError as error:
        said = error.extendedresult
    system = database.system_errno if hasattr(database, "system_errno") else database.systemerrno()
    of_file = ctypes.c_int(0)
    control = getattr(database, "file_control", None) or database.filecontrol
    control("main", LAST_ERRNO, ctypes.addressof(of_file))
    print(f"{version} {mode}: code {said}, sqlite3_system_errno {system}, LAST_ERRNO {of_file.value}")
PY

for version in 3.40.1.0 3.54.1.0; do
  "$python" -m pip download --quiet --no-deps --only-binary=:all: --dest "$scratch/wheels" "apsw==$version"
  "$python" -m zipfile -e "$scratch/wheels/apsw-$version-"*.whl "$scratch/$version"
  "$python" "$scratch/commit.py" "$scratch/$version" | tee -a "$scratch/seen"
done

diff "$scratch/seen" - <<'SEEN' || { echo "the behaviour has changed"; exit 1; }
3.40.1 delete: code 778, sqlite3_system_errno 0, LAST_ERRNO 27
3.40.1 wal: code 778, sqlite3_system_errno 0, LAST_ERRNO 0
3.54.1 delete: code 778, sqlite3_system_errno 27, LAST_ERRNO 27
3.54.1 wal: code 778, sqlite3_system_errno 27, LAST_ERRNO 0
SEEN
