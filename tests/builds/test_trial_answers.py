"""The model answers the source's requests in its trial, or the build ends with an error."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.trial.trial import try_model
from tests.support.trials import describe_trial, read_verdict

MODEL = """
class MyModel:
    def predict(self, X, names=None):
        return list(map(self.total, X))

    def total(self, row):
        return [sum(row)]
"""
# A wrapper over REST alone, with the names that seldon-serve touches.
WRAPPER = """
import importlib, json, os, sys, traceback
from http.server import BaseHTTPRequestHandler, HTTPServer

def start_servers(*servers): ...

def main():
    sys.path.append(os.getcwd())
    model = getattr(importlib.import_module(sys.argv[1]), sys.argv[1])()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(200, {})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.answer(200, {"data": {"ndarray": model.predict(body["data"]["ndarray"])}})
            except Exception as error:
                traceback.print_exc()
                self.answer(500, {"info": str(error)})

        def answer(self, status, body):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *words): ...

    port = int(os.environ["PREDICTIVE_UNIT_HTTP_SERVICE_PORT"])
    HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
TESTER = """
def unfold_contract(contract):
    return contract

class Rows(list):
    tolist = list.copy

def generate_batch(contract, count, field):
    return Rows([[1.0] * len(contract[field])])
"""
PACKAGES = {
    "seldon_core/__init__.py": "",
    "seldon_core/metrics.py": "",
    "seldon_core/wrapper.py": "def get_grpc_server(server): ...\n",
    "seldon_core/microservice.py": "from seldon_core import metrics, wrapper\n" + WRAPPER,
    "seldon_core/microservice_tester.py": TESTER,
    "gunicorn/config.py": "",
    "prometheus_client/exposition.py": "",
}
ONE = '{"data": {"ndarray": [[1, 2]]}}'
LOAD = "Set BP_MODEL_TRIAL=load: the build then sends no requests."


def try_with(
    tmp_path: Path,
    files: Mapping[str, str],
    code: str = MODEL,
    level: ModelTrial = ModelTrial.AUTO,
) -> list[str]:
    trial = describe_trial(
        tmp_path,
        {"MyModel.py": code, **files},
        packages=PACKAGES,
        variables={"GRPC_WORKERS": "0"},
        level=level,
    )
    return read_verdict(trial)


def test_answers_are_counted(tmp_path: Path) -> None:
    files = {
        ".seldon/requests/one.json": ONE,
        ".seldon/requests/one.answer.json": '{"data": {"ndarray": [[3.0000001]]}}',
        ".seldon/requests/two.json": '{"data": {"ndarray": [[5]]}}',
    }
    trial = describe_trial(
        tmp_path,
        {"MyModel.py": MODEL, **files},
        packages=PACKAGES,
        variables={"GRPC_WORKERS": "0"},
    )
    result = try_model(trial)
    assert result.reached == "answer"
    assert re.sub(r"[\d.]+ (s|ms|MB)\b", r"N \1", result.summary) == (
        "imported and constructed MyModel in N s, N MB; answered 2 requests over REST in N ms, N MB"
    )


def test_request_without_an_answer_is_an_error(tmp_path: Path) -> None:
    files = {".seldon/requests/text.json": '{"data": {"ndarray": [["a"]]}}'}
    assert try_with(tmp_path, files) == [
        "",
        "ERROR: The model does not answer the request in `.seldon/requests/text.json`",
        "",
        "  Over REST, the answer has the status 500:",
        '    request  {"data": {"ndarray": [["a"]]}}',
        """    answer   {"info": "unsupported operand type(s) for +: 'int' and 'str'"}""",
        "",
        "  What to do (choose one):",
        "  1. Correct the method that the output below points to.",
        "  2. Correct or remove .seldon/requests/text.json, if the model cannot answer this request.",
        f"  3. {LOAD}",
        "",
        "  The tool's last lines of output:",
        *_tail(tmp_path),
        "",
    ]


def _tail(tmp_path: Path) -> list[str]:
    site = tmp_path / "layers/requirements/site-packages"
    number = (
        PACKAGES["seldon_core/microservice.py"][
            : PACKAGES["seldon_core/microservice.py"].index('self.answer(200, {"data"')
        ].count("\n")
        + 1
    )
    return [
        f'        File "{site}/seldon_core/microservice.py", line {number}, in do_POST',
        '          self.answer(200, {"data": {"ndarray": model.predict(body["data"]["ndarray"])}})',
        f'        File "{tmp_path}/app/MyModel.py", line 4, in predict',
        "          return list(map(self.total, X))",
        f'        File "{tmp_path}/app/MyModel.py", line 7, in total',
        "          return [sum(row)]",
        "      TypeError: unsupported operand type(s) for +: 'int' and 'str'",
    ]


def test_other_answer_than_expected_is_an_error(tmp_path: Path) -> None:
    files = {
        ".seldon/requests/one.json": ONE,
        ".seldon/requests/one.answer.json": '{"data": {"ndarray": [[4]]}}',
    }
    assert try_with(tmp_path, files) == [
        "",
        "ERROR: The model gives another answer than expected to `.seldon/requests/one.json`",
        "",
        "  Over REST:",
        '    request   {"data": {"ndarray": [[1, 2]]}}',
        '    answer    {"data": {"ndarray": [[3]]}}',
        '    expected  {"data": {"ndarray": [[4]]}}',
        "",
        "  What to do (choose one):",
        "  1. Correct the model, or the answer in .seldon/requests/one.answer.json.",
        f"  2. {LOAD}",
        "",
    ]


def test_file_that_is_no_json_is_an_error(tmp_path: Path) -> None:
    assert try_with(tmp_path, {".seldon/requests/one.json": "[1,"}) == [
        "",
        "ERROR: `.seldon/requests/one.json` is not a request",
        "",
        "  The build reads it to try the model: Expecting value: line 1 column 4 (char 3)",
        "",
        "  What to do (choose one):",
        "  1. Write the JSON body of a request, as for curl. A contract.json is for seldon-core-tester.",
        "  2. Remove the file, or set BP_MODEL_TRIAL=load: the build then sends no requests.",
        "",
    ]


CONTRACT = {"contract.json": '{"features": [{"name": "a"}, {"name": "b"}], "targets": []}'}


def test_contract_is_sent_at_the_level_answer(tmp_path: Path) -> None:
    failing = MODEL.replace("sum(row)", "row['a']")
    assert try_with(tmp_path, CONTRACT, failing) == []
    error = try_with(tmp_path / "again", CONTRACT, failing, ModelTrial.ANSWER)
    assert error[1:10] == [
        "ERROR: The model does not answer a request of `contract.json`",
        "",
        "  Over REST, the answer has the status 500:",
        '    request  {"data": {"names": ["a", "b"], "ndarray": [[1.0, 1.0]]}}',
        '    answer   {"info": "list indices must be integers or slices, not str"}',
        "",
        "  What to do (choose one):",
        "  1. Correct the method that the output below points to.",
        "  2. If contract.json does not describe what the model takes, correct or remove it.",
    ]


def test_wrapper_that_ends_is_an_error(tmp_path: Path) -> None:
    code = "import os, sys\nif 'seldon_core' in sys.modules: os._exit(3)\n" + MODEL
    assert try_with(tmp_path, {".seldon/requests/one.json": ONE}, code) == [
        "",
        "ERROR: The wrapper does not answer with this model",
        "",
        "  The model was loaded, and then the wrapper was started with it, but it ended.",
        "",
        "  What to do (choose one):",
        "  1. Correct what the output below points to.",
        "  2. Set BP_MODEL_TRIAL=load: the build then does not start the wrapper.",
        "",
    ]


@pytest.mark.parametrize("level", [ModelTrial.LOAD, ModelTrial.IMPORT])
def test_lower_levels_send_nothing(tmp_path: Path, level: ModelTrial) -> None:
    assert try_with(tmp_path, {".seldon/requests/one.json": "[1,"}, level=level) == []
