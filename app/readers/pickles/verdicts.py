"""What a global that a pickle names would mean if somebody called it.

Nothing here decides what is executed: nothing is. The verdict only tells the reader how to speak of a name.
"""

import sys

from app.readers.pickles.values import Global


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HARMLESS_BUILTINS = _words(
    """
    bool bytearray bytes complex dict float frozenset int list long object range xrange set slice str tuple type unicode Ellipsis
    NotImplemented None NoneType property staticmethod classmethod enumerate map filter zip reversed BaseException Exception
    ValueError TypeError KeyError IndexError RuntimeError StopIteration AttributeError OSError IOError EOFError ImportError
    ArithmeticError AssertionError LookupError NotImplementedError OverflowError ZeroDivisionError
    """
)
_BUILTIN_MODULES = frozenset({"builtins", "__builtin__", "__builtins__"})
_HARMLESS_CALLS = _words(
    """
    _codecs.encode codecs.encode copyreg._reconstructor copy_reg._reconstructor copyreg.__newobj__ copy_reg.__newobj__
    copyreg.__newobj_ex__ collections.namedtuple operator.itemgetter _operator.itemgetter math.sqrt math.exp math.log
    datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone collections.deque collections.defaultdict
    torch.Size torch.device torch.dtype torch.layout torch.storage._load_from_bytes torch.serialization._get_layout torch.Generator
    torch._C._rebuild_generator re._compile zoneinfo.ZoneInfo._unpickle uuid.UUID functools.partial array.array array._array_reconstructor
    """
)
"""Called by honest pickles; their results are data."""

_DANGEROUS_MODULES = _words(
    """
    os posix nt ntpath posixpath subprocess _posixsubprocess pty sys socket _socket ssl shutil ctypes _ctypes importlib imp runpy
    code codeop pickle _pickle cPickle marshal shelve dill cloudpickle joblib pip setuptools distutils webbrowser commands popen2
    platform multiprocessing threading _thread signal asyncio http urllib urllib2 httplib ftplib smtplib telnetlib poplib imaplib
    xmlrpc requests httpx aiohttp paramiko fabric tempfile glob fileinput linecache builtins __builtin__ bdb pdb trace timeit
    cProfile profile doctest unittest pydoc idlelib lib2to3 ensurepip venv zipimport zipapp zipfile tarfile sqlite3 inspect gc types
    site sitecustomize atexit resource pkgutil compileall py_compile antigravity turtle tkinter test nose pytest IPython
    """
)
"""Top-level modules none of whose functions belongs into a checkpoint."""

_DANGEROUS_NAMES = _words(
    """
    eval exec execfile compile open input __import__ getattr setattr delattr globals locals vars breakpoint help memoryview system
    popen spawn fork execv execve execl Popen call check_call check_output run getoutput getstatusoutput loads load load_module
    import_module runstring exec_module run_module run_path run_code attrgetter methodcaller apply read_pickle load_library
    load_inline load_state_dict_from_url hub_load
    """
)
"""Last parts of names that are dangerous wherever they live."""

_DANGEROUS_PREFIXES = (
    "torch.hub",
    "torch.utils.cpp_extension",
    "torch.utils.bottleneck",
    "torch.utils.collect_env",
    "torch.utils.data.datapipes.utils.decoder",
    "torch.package",
    "torch.ops",
    "torch.classes",
    "torch._inductor",
    "torch._dynamo.guards",
    "torch.distributed.rpc",
    "torch.distributed.elastic",
    "torch.multiprocessing",
    "torch.jit.unsupported_tensor_ops",
    "torch._C._jit",
    "numpy.testing",
    "numpy.f2py",
    "numpy.distutils",
    "numpy.ctypeslib",
    "numpy.lib.npyio",
    "pandas.io",
    "scipy.io",
)
_SCRIPTED = "__torch__"
"""Where TorchScript puts the classes of an archive."""
_OUR_KIND = frozenset({"torch", "numpy", "ml_dtypes"})
_CLASSES_WITH_SCARY_NAMES = frozenset({"types.SimpleNamespace", "types.MethodType", "types.MappingProxyType", "inspect.Signature"})
_REBUILDERS = (
    "_rebuild",
    "__rebuild",
    "_reconstruct",
    "_mareconstruct",
    "_unpickle",
    "__pyx_unpickle_",
    "__randomstate_ctor",
    "__bit_generator_ctor",
    "__generator_ctor",
    "scalar",
)
"""How torch and numpy call the functions that make their data again, in versions to come too."""


def verdict(name: Global) -> str:
    """Return "known", "unknown" or "dangerous"."""
    full, module, last = name.full, name.module, name.name.rpartition(".")[2]
    top = module.partition(".")[0]
    if name.maker is not None or top == _SCRIPTED or full in _HARMLESS_CALLS or full in _CLASSES_WITH_SCARY_NAMES:
        return "known"
    if module in _BUILTIN_MODULES:
        return "known" if name.name in _HARMLESS_BUILTINS else "dangerous"
    if top in _DANGEROUS_MODULES or full.startswith(_DANGEROUS_PREFIXES) or "__" in name.name.strip("_") or "__" in module.strip("_"):
        return "known" if _is_pickle_entry(top, last) else "dangerous"
    if top in _OUR_KIND:
        return _of_torch_or_numpy(name, last)
    if last in _DANGEROUS_NAMES:
        return "dangerous"
    if top in sys.stdlib_module_names:
        return "dangerous" if name.calls and not last.lstrip("_")[:1].isupper() else "known"
    return "unknown"


def _of_torch_or_numpy(name: Global, last: str) -> str:
    if last in _DANGEROUS_NAMES:
        return "dangerous"
    if name.calls and not last.lstrip("_")[:1].isupper() and last not in _DATA_CALLS and not last.startswith(_REBUILDERS):
        return "dangerous"
    return "known"


def _is_pickle_entry(top: str, last: str) -> bool:
    return top in _OUR_KIND and last.startswith(_REBUILDERS)


_DATA_CALLS = _words(
    """
    dtype ndarray scalar float16 float32 float64 bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 str_
    build_intlist build_doublelist build_boollist build_tensorlist build_tensor_from_id restore_type_tag device datetime64
    timedelta64 recarray record matrix generic longlong void bytes_ string_
    """
)
