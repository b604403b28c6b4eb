"""What to say when the disk is full, or its permissions or a limit are in the way: a sentence and the remedy."""

import errno

_FULL = "The disk is full: {file} cannot be written. Make room"
_FORBIDDEN = "{file} cannot be read or written: this user may not. Give it the right to"
_IN_THE_WAY = "{file}: a file stands where a folder has to be, or the reverse. Move it away"
_SENTENCES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "{file} may not grow any more: a limit on the size of files is set (`ulimit -f`). Lift it",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "{file} is on a disk that can only be read. Make it writable, or choose another DIALFLO_DATA_DIR",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EMFILE: "Too many files are open to open {file}. Raise the limit (`ulimit -n`)",
    errno.ENFILE: "Too many files are open to open {file}. Close other programs",
    errno.EIO: "The disk cannot read or write {file}. Look at its health, and copy the data folder to another",
}


def sentence(error: OSError) -> str:
    """What is wrong, and what to do; a stack trace would hide which file it is."""
    file = error.filename2 or error.filename or "a file of the pipeline"
    if error.errno not in _SENTENCES:
        return f"{error.strerror or type(error).__name__}: {file}"
    told = _SENTENCES[error.errno].format(file=file)
    return f"{told}, then run the same command again. What is kept so far stays as it is."
