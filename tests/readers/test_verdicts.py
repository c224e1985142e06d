"""What a name in a pickle is called: dangerous, known or unknown. Nothing depends on it but words."""

import pytest

from app.readers.pickles.building import maker_of
from app.readers.pickles.values import Global
from app.readers.pickles.verdicts import verdict


def _words(text: str) -> list[str]:
    return text.split()


DANGEROUS = _words("""
builtins.eval builtins.exec __builtin__.compile builtins.getattr builtins.open builtins.__import__ posix.system nt.system os.popen
subprocess.Popen subprocess.check_output runpy._run_code pty.spawn sys.modules importlib.import_module webbrowser.open code.interact
pip._internal.main timeit.timeit cProfile.run profile.run bdb.Bdb.run trace.Trace.run doctest.debug_script ensurepip._run_pip
idlelib.pyshell.ModifiedInterpreter.runcode lib2to3.pgen2.grammar.Grammar.loads pydoc.pipepager uuid._get_command_stdout
logging.config.listen io.open _io.FileIO.write codecs.open tarfile.open ctypes.CDLL types.CodeType types.FunctionType marshal.loads
pickle.loads _pickle.loads shutil.rmtree socket.create_connection operator.attrgetter _operator.methodcaller pathlib.PosixPath.unlink
asyncio.subprocess.create_subprocess_exec multiprocessing.util.spawnv_passfds torch.load torch.hub.load torch.serialization.load
torch.jit.load torch.ops.load_library torch.classes.load_library torch.utils.cpp_extension.load_inline torch._inductor.codecache.compile_file
torch.jit.unsupported_tensor_ops.execWrapper torch._dynamo.guards.GuardBuilder.get torch.utils.data.datapipes.utils.decoder.basichandlers
torch.utils.collect_env.run torch.utils.bottleneck.__main__.run_cprofile torch.fx.graph._format_target torch.distributed.rpc.rpc_sync
numpy.load numpy.fromfile numpy.testing._private.utils.runstring numpy.f2py.crackfortran.myeval numpy.ctypeslib.load_library
pandas.read_pickle joblib.load dill.loads cloudpickle.loads IPython.utils.process.system acme.tools.system
collections.OrderedDict.__init__.__globals__ acme.Net.__class__.__base__
""")

KNOWN = _words("""
collections.OrderedDict collections.defaultdict collections.Counter argparse.Namespace pathlib.PosixPath datetime.datetime datetime.timedelta
functools.partial typing.Any enum.Enum decimal.Decimal fractions.Fraction uuid.UUID types.SimpleNamespace __builtin__.set builtins.complex
builtins.slice _codecs.encode copyreg._reconstructor copy_reg._reconstructor torch.float32 torch.Size torch.device torch.FloatStorage
torch._utils._rebuild_tensor_v2 torch._utils._rebuild_parameter torch._utils._rebuild_something_new torch._tensor._rebuild_from_type_v2
torch.nn.modules.linear.Linear torch.nn.parameter.Parameter torch.optim.adam.Adam torch.storage._load_from_bytes torch.jit._pickle.build_intlist
torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING torch.distributed.tensor.DTensor torch.torch_version.TorchVersion numpy.dtype numpy.ndarray numpy.core.multiarray._reconstruct
numpy._core.multiarray.scalar numpy._core.numeric._frombuffer numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor
__torch__.net.___torch_mangle_3.Net numpy.random.bit_generator.__pyx_unpickle_SeedSequence re._compile
""")

UNKNOWN = _words("""
acme.models.Net lightning.fabric.utilities.data.AttributeDict omegaconf.listconfig.ListConfig timm.models.resnet.ResNet
sklearn.preprocessing._data.StandardScaler acme.build_model
""")


def _called(name: str) -> Global:
    module, _, last = name.rpartition(".")
    made = Global(module, last, maker_of(module, last))
    made.uses = made.calls = 1
    return made


@pytest.mark.parametrize(
    ("names", "expected"), [(DANGEROUS, "dangerous"), (KNOWN, "known"), (UNKNOWN, "unknown")], ids=["dangerous", "known", "unknown"]
)
def test_names_get_their_verdict(names: list[str], expected: str) -> None:
    """Names that attacks were built from, names that honest checkpoints hold, names of other people's code."""
    assert [name for name in names if verdict(_called(name)) != expected] == []


def test_a_function_that_is_only_mentioned_is_no_call() -> None:
    """A module may keep `torch.nn.functional.relu` as its activation."""
    mentioned = Global("torch.nn.functional", "relu")
    assert verdict(mentioned) == "known"
