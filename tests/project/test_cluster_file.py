from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster() -> dict:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_rays_own_validator_accepts_the_cluster_file(cluster):
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(cluster)
    validate_config(prepared)
    assert set(prepared["available_node_types"]) == {"head", "gpu_worker", "cpu_worker"}


def test_the_validator_would_notice_a_mistake(cluster):
    from jsonschema import ValidationError
    from ray.autoscaler._private.util import prepare_config, validate_config

    with pytest.raises(ValidationError):
        validate_config(prepare_config({**cluster, "setup_comands": []}))


def test_the_images_hold_the_ray_that_is_installed_on_them(cluster):
    pins = (ROOT / "constraints.txt").read_text().split()
    (version,) = (pin.removeprefix("ray==") for pin in pins if pin.startswith("ray=="))
    images = [cluster["docker"]["head_image"], cluster["docker"]["worker_image"]]
    images.append(cluster["available_node_types"]["cpu_worker"]["docker"]["worker_image"])
    assert all(f"ray:{version}-py311" in image for image in images)
