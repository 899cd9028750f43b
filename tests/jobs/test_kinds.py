"""What people read when a kind or its config is not what they thought."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from physforge_kernel.discovery import methods
from physforge_kernel.errors import JobError
from physforge_kernel.jobs import Kind, kinds
from physforge_kernel.jobs.kinds.discover import discover


class Settings(BaseModel):
    seed: int = Field(default=0, ge=0)
    target: list[str] | None = None
    path: str = Field(min_length=1)


KIND = Kind("sample", Settings, lambda config, context: None, "A sample.", inputs=())


def test_defaults_are_filled_in():
    assert KIND.validate({"path": "a"}) == {"seed": 0, "target": None, "path": "a"}


def test_an_unknown_setting_is_named_with_those_there_are():
    with pytest.raises(JobError, match=r"no setting 'sed'\. Its settings: path, seed, target\."):
        KIND.validate({"path": "a", "sed": 1})


def test_a_missing_setting_is_named():
    with pytest.raises(JobError, match="path: Field required"):
        KIND.validate({})


def test_every_bad_value_is_named_with_its_place():
    with pytest.raises(JobError) as caught:
        KIND.validate({"path": "a", "seed": "many", "target": ["u_t", 3]})
    assert "seed: " in str(caught.value)
    assert "'many'" in str(caught.value)
    assert "target.1: " in str(caught.value)
    with pytest.raises(JobError, match=r"path: it should be text in UTF-8, not 'a\\udcff'\."):
        KIND.validate({"path": "a\udcff"})


@given(
    st.dictionaries(
        st.sampled_from(["seed", "target", "path", "other"]), st.none() | st.integers() | st.text()
    )
)
def test_a_config_is_accepted_or_refused_in_one_sentence(config: dict[str, object]):
    try:
        accepted = KIND.validate(config)
    except JobError as error:
        refusal = str(error)
    else:
        assert KIND.validate(accepted) == accepted
        return
    assert refusal.endswith(".")
    assert "pydantic" not in refusal


def test_the_schema_carries_the_kinds_title_and_summary_and_the_order_of_its_settings():
    schema = discover.schema()
    assert schema["title"] == "Discovery"
    assert (schema["x-order"][0], schema["x-order"][-1]) == ("target", "seed")
    assert schema["description"] == discover.summary
    asked = {"target", "library", "degree", "order", "controls", "method", "options", "draws"}
    assert set(schema["properties"]) == asked | {"file", "dims", "seed"}


def test_every_kind_of_ours_has_a_schema_that_forms_can_show():
    for name in ("derivatives", "discover", "notebook", "pinn", "report", "symbolic"):
        schema = kinds.schema(name)
        assert set(schema["x-order"]) == set(schema["properties"])
        assert all({"title", "description"} <= set(setting) for setting in schema["properties"].values())
    assert kinds.schema("report")["properties"]["template"]["enum"] == ["discovery"]
    assert kinds.schema("discover")["properties"]["method"]["enum"] == list(methods())
    assert KIND.schema()["title"] == "Sample"


def test_discover_takes_a_target_or_several():
    assert discover.validate({"target": "u_t"})["target"] == "u_t"
    assert discover.validate({"target": ["u_t", "v_t"]})["target"] == ["u_t", "v_t"]
    with pytest.raises(JobError, match="seed"):
        discover.validate({"seed": -1})


def test_kinds_of_installed_packages_are_found(installed_kinds: str):
    assert {"discover", "trial-echo"} <= set(kinds.names())
    assert kinds.get("trial-echo").inputs == ()
    assert kinds.validators()["trial-echo"]({}) == {"text": "hello", "seed": None}


def test_an_unknown_kind_is_answered_with_the_names_there_are(installed_kinds: str):
    with pytest.raises(
        JobError, match=r"'trial-ecco'\. Did you mean 'trial-echo'\? Known kinds: derivatives, d"
    ):
        kinds.get("trial-ecco")
    assert kinds.validators().get("trial-ecco") is None


def test_a_kind_that_cannot_be_loaded_names_its_package(installed_kinds: str):
    with pytest.raises(
        JobError, match=r"'trial-absent' of the package 'physforge-trial-kinds'.*ModuleNotFound"
    ):
        kinds.get("trial-absent")


def test_an_entry_point_that_leads_elsewhere_is_refused(installed_kinds: str):
    with pytest.raises(JobError, match=r"leads to 'a text', not to a physforge_kernel\.jobs\.Kind"):
        kinds.get("trial-wrong")


def test_forms_are_told_what_there_is_to_choose_from():
    assert kinds.schema("report")["properties"]["job"]["x-suggest"] == "jobs"
    assert "01_first_law" in kinds.schema("notebook")["properties"]["notebook"]["examples"]
