import copy
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from jsonschema import ValidationError, validate
from ray.autoscaler._private.kuberay.autoscaling_config import (
    _derive_autoscaling_config_from_ray_cr,
)
from ray.autoscaler._private.util import validate_config

ROOT = Path(__file__).parents[2]
KUBERNETES = "1.33"

TEXT, COUNT, YES_OR_NO = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}


def fields(required: tuple[str, ...] = (), **properties: dict) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


PARAMETERS = {"type": "object", "additionalProperties": TEXT}
GROUP = {"rayStartParams": PARAMETERS, "template": {"type": "object"}}
RAY_JOB = fields(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=fields(("name",), name=TEXT),
    spec=fields(
        ("entrypoint", "rayClusterSpec"),
        entrypoint=TEXT,
        backoffLimit=COUNT,
        shutdownAfterJobFinishes=YES_OR_NO,
        ttlSecondsAfterFinished=COUNT,
        rayClusterSpec=fields(
            ("headGroupSpec",),
            rayVersion=TEXT,
            headGroupSpec=fields(("template",), **GROUP),
            workerGroupSpecs={
                "type": "array",
                "items": fields(
                    ("groupName", "template"),
                    groupName=TEXT,
                    replicas=COUNT,
                    minReplicas=COUNT,
                    maxReplicas=COUNT,
                    **GROUP,
                ),
            },
        ),
    ),
)
"""The fields of KubeRay's API reference (RayJobSpec, RayClusterSpec, WorkerGroupSpec) in use."""


@pytest.fixture
def job() -> dict:
    return yaml.safe_load((ROOT / "rayjob.yaml").read_text())


def groups(job: dict) -> list[dict]:
    cluster = job["spec"]["rayClusterSpec"]
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def validate_pods(job: dict) -> None:
    for number, group in enumerate(groups(job)):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"pod-{number}"}}
        kubernetes_validate.validate(pod | group["template"], KUBERNETES, strict=True)


def test_the_job_has_the_fields_of_a_ray_job_and_its_pods_those_of_pods(job):
    validate(job, RAY_JOB)
    validate_pods(job)


def test_a_misspelt_field_would_be_noticed(job):
    wrong = copy.deepcopy(job)
    wrong["spec"]["shutdownAfterJobFinish"] = True
    with pytest.raises(ValidationError):
        validate(wrong, RAY_JOB)
    groups(wrong)[1]["template"]["spec"]["containers"][0]["resource"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        validate_pods(wrong)


def test_rays_own_autoscaler_finds_the_nodes_that_are_meant(job):
    cluster = {"metadata": {"name": "c", "namespace": "n"}, "spec": job["spec"]["rayClusterSpec"]}
    config = _derive_autoscaling_config_from_ray_cr(cluster)
    validate_config(config)
    resources = {
        name: (node["resources"].get("CPU"), node["resources"].get("GPU", 0))
        for name, node in config["available_node_types"].items()
    }
    assert resources == {"headgroup": (0, 0), "gpu": (4, 1), "cpu": (16, 0)}


def test_it_runs_the_ray_that_is_installed(job):
    pins = (ROOT / "constraints.txt").read_text().split()
    (version,) = (pin.removeprefix("ray==") for pin in pins if pin.startswith("ray=="))
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == version
    assert f"rayproject/ray:{version}-py311" in (ROOT / "rayjob.yaml").read_text()
