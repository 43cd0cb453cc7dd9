"""Opens a recipe with all that belongs to it: what it extends, its policies, the project file. All mistakes at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from provision.errors import RecipeError, SafetyError
from provision.model.project import Project
from provision.model.report import Finding, Severity
from provision.stages.recipe.extends import read_tree
from provision.stages.recipe.lint import lint
from provision.stages.recipe.nodes import Invalid, Problems, did_you_mean, one_of, quoted
from provision.stages.recipe.policies import policy_shape
from provision.stages.recipe.projects import PROJECT
from provision.stages.recipe.recipes import recipe_shape
from provision.stages.recipe.secrets import references

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from provision.model.location import Location
    from provision.model.policy import Policy
    from provision.model.project import SecretRef
    from provision.model.recipe import PolicyRef, Recipe
    from provision.registry import MaskSpec
    from provision.stages.recipe.fields import Fields

T = TypeVar("T")

PROJECT_FILE = "provision.yaml"
PACKS = Path(__file__).parent / "packs"
STRICT = "strict"
WEAKER = "PRV126"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A recipe with its policies (the pack ``strict`` where it names none), its project, and warnings by place."""

    recipe: Recipe
    policies: tuple[Policy, ...]
    project: Project
    findings: tuple[Finding, ...] = ()  # none of severity error


def load_recipe(
    path: Path, *, folder: Path | None = None, masks: Mapping[str, MaskSpec] | None = None, today: date
) -> Loaded:
    """Read a recipe, what it extends, its policies and the nearest project file, offline.

    Args: path: of the recipe, relative to ``folder``. folder: the folder of work, the current one unless given; names
    in messages are relative to it. masks: those that may be named; any name is taken where there are none. today: the
    day on which exceptions are judged.
    Raises: RecipeError with every mistake of all files, in file order; SafetyError with them where the recipe weakens
    a policy.
    """
    folder = (folder or Path()).absolute()
    path = folder / path
    problems = Problems()
    project = _project(find_project(path.parent) or find_project(folder), folder, problems)
    recipe = _read(path, recipe_shape(masks or {}), folder, problems)
    policies = _policies(recipe, masks or {}, folder, problems) if recipe is not None else ()
    if recipe is not None and project is not None:
        _fit(recipe, project, problems)
    if recipe is not None:
        lint(recipe, policies, masks=masks or {}, today=today, problems=problems)
    _raise(problems)
    if recipe is None or project is None:
        raise AssertionError("a file that cannot be read leaves a finding")
    if project.file is None and recipe.snapshot.store is not None:
        project = replace(project, store=recipe.snapshot.store)
    return Loaded(recipe=recipe, policies=policies, project=project, findings=problems.sorted())


def load_policy(path: Path, *, folder: Path | None = None, masks: Mapping[str, MaskSpec] | None = None) -> Policy:
    """Read one policy file.

    Raises: RecipeError with every mistake in it.
    """
    folder = (folder or Path()).absolute()
    problems = Problems()
    policy = _read(folder / path, policy_shape(masks or {}), folder, problems)
    _raise(problems)
    if policy is None:
        raise AssertionError("a file that cannot be read leaves a finding")
    return policy


def load_project(folder: Path | None = None, *, file: Path | None = None) -> Project:
    """Read the given project file, or the nearest above the folder; without one, what holds without.

    Raises: RecipeError with every mistake in it.
    """
    folder = (folder or Path()).absolute()
    problems = Problems()
    project = _project(folder / file if file else find_project(folder), folder, problems)
    _raise(problems)
    if project is None:
        raise AssertionError("a file that cannot be read leaves a finding")
    return project


def plugins_of(path: Path, *, folder: Path) -> tuple[str, ...]:
    """Modules with plug-ins that the project file of a recipe names; none where it cannot be read."""
    try:
        project = _project(find_project((folder / path).parent) or find_project(folder), folder, Problems())
    except ValueError:  # a NUL in the path
        return ()
    return () if project is None else project.plugins


def load_pack(name: str, *, masks: Mapping[str, MaskSpec] | None = None) -> Policy:
    """Read a built-in pack; raises KeyError where there is none of that name."""
    path = PACKS / f"{name}.yaml"
    if name not in packs():
        raise KeyError(name)
    return replace(load_policy(path, folder=PACKS, masks=masks), file="")


def packs() -> tuple[str, ...]:
    """Names of the built-in packs."""
    return tuple(sorted(path.stem for path in PACKS.glob("*.yaml")))


def find_project(folder: Path) -> Path | None:
    """The nearest ``provision.yaml`` in the folder or above it."""
    files = (above / PROJECT_FILE for above in (folder, *folder.parents))
    return next((file for file in files if file.is_file()), None)


def _raise(problems: Problems) -> None:
    errors = [finding for finding in problems.sorted() if finding.severity is Severity.ERROR]
    weaker = [finding for finding in errors if finding.code == WEAKER]
    if weaker:
        number = f"{len(weaker)} columns" if len(weaker) > 1 else "a column"
        raise SafetyError(WEAKER, f"the recipe weakens what a policy decided for {number}", findings=errors)
    if errors:
        raise RecipeError(errors)


def _read(path: Path, shape: Fields[T], folder: Path, problems: Problems, at: Location | None = None) -> T | None:
    tree = read_tree(path, base=folder, problems=problems, at=at)
    if tree is None:
        return None
    try:
        return shape.read(tree, problems)
    except Invalid:
        return None


def _project(file: Path | None, folder: Path, problems: Problems) -> Project | None:
    if file is None:
        return Project.without_file(folder)
    project = _read(file, PROJECT, folder, problems)
    return None if project is None else replace(project, file=file)


def _policies(recipe: Recipe, masks: Mapping[str, MaskSpec], folder: Path, problems: Problems) -> tuple[Policy, ...]:
    """The policies that could be read; ``strict`` where the recipe names none."""
    if not recipe.policies:
        return (load_pack(STRICT),)
    found = (_policy(ref, masks, folder, problems) for ref in recipe.policies)
    return tuple(policy for policy in found if policy is not None)


def _policy(ref: PolicyRef, masks: Mapping[str, MaskSpec], folder: Path, problems: Problems) -> Policy | None:
    if ref.path is not None:
        return _read(ref.path, policy_shape(masks), folder, problems, ref.at)
    if ref.name in packs():
        return load_pack(ref.name)
    fix = f"{did_you_mean(ref.name, packs())}packs are {one_of(packs())}; a file is named with its ending .yaml"
    problems.add("PRV129", f"no policy pack {quoted(ref.name)}", at=ref.at, fix=fix)
    return None


def _fit(recipe: Recipe, project: Project, problems: Problems) -> None:
    """Names that the recipe takes from the project file, and inline forms that may stand beside one."""
    named = [("source", recipe.source.name, recipe.source.at, [entry.name for entry in project.sources])]
    named += [("target", ref.name, ref.at, [entry.name for entry in project.targets]) for ref in recipe.load]
    for kind, name, at, known in named:
        if not name or name in known:
            continue
        if project.file is None:
            fix = f"write an inline mapping, {{ url: … }}, or make a {PROJECT_FILE} with {kind}s"
            problems.add("PRV128", f"no project file names the {kind} {quoted(name)}", at=at, fix=fix)
        else:
            fix = f"{did_you_mean(name, known)}{PROJECT_FILE} has {one_of(known)}"
            problems.add("PRV128", f"no {kind} {quoted(name)} in {PROJECT_FILE}", at=at, fix=fix)
    if project.file is None:
        return
    if recipe.snapshot.store is not None:
        fix = f"remove it; the store stands in {PROJECT_FILE}"
        problems.add(
            "PRV131", "a recipe beside a project file has no store of its own", at=recipe.snapshot.store.at, fix=fix
        )
    for ref in _inline(recipe):
        if references(ref):
            fix = f"put it into {PROJECT_FILE} and name it here"
            problems.add("PRV131", "references are expanded in the project file only", at=ref.at, fix=fix)


def _inline(recipe: Recipe) -> list[SecretRef]:
    entries = [recipe.source.inline, *(target.inline for target in recipe.load)]
    refs = [ref for entry in entries if entry is not None for ref in (entry.url, entry.embedded)]
    return [ref for ref in refs if ref is not None]
