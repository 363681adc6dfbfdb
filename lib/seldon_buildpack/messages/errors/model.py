"""Errors about the model class."""

from collections.abc import Sequence
from dataclasses import dataclass

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class ModelNameInvalid(BuildError):
    """A MODEL_NAME that can't be a module and a class."""

    def __init__(self, value: str, origin: str) -> None:
        super().__init__(
            f"`MODEL_NAME={value}` is not the name of a class",
            f"It comes from {origin}. MODEL_NAME is a dotted Python name: `MyModel` is the class MyModel in MyModel.py,\n"
            "and `package.module.MyModel` is the class MyModel in package/module.py.",
            _set("MODEL_NAME", "MyModel") + "\nReplace MyModel with the name of your class.",
        )


class ModelNameMissing(BuildError):
    """An unset MODEL_NAME, without exactly one class that could be served.

    ``candidates`` has pairs of a MODEL_NAME and a description.
    """

    def __init__(self, candidates: Sequence[tuple[str, str]]) -> None:
        found = (
            "Candidates:"
            if candidates
            else "The files at the root of the source have no class with such a method."
        )
        listed = "".join(f"\n  {name}: {what}" for name, what in candidates)
        super().__init__(
            "MODEL_NAME is not set",
            "MODEL_NAME names the class to serve. If it is not set, the build uses the one file at the root of the source that defines a class of the\n"
            "file's name with a method of the wrapper (predict, transform_input, transform_output, route, aggregate, or a raw form).\n"
            f"There is not exactly one such file. {found}{listed}",
            *(
                [_set("MODEL_NAME", name) for name, _ in candidates[:3]]
                or ["Define the class MyModel with a method `predict` in MyModel.py."]
            ),
        )


class ModelModuleNotFound(BuildError):
    """A MODEL_NAME whose module is not in the source.

    ``nearest`` is a file of the source with a similar name, and the MODEL_NAME for it.
    """

    def __init__(
        self, name: str, files: str, nearest: tuple[str, str] | None, only_case: bool
    ) -> None:
        near = ""
        if nearest:
            near = f" Did you mean {nearest[0]}?" + (
                " It differs only in upper and lower case, which matters in the image."
                if only_case
                else ""
            )
        super().__init__(
            f"No module found for `MODEL_NAME={name}`",
            f"Looked for the class {name.rpartition('.')[2]} in {files}, which is not in the source.{near}",
            *([_set("MODEL_NAME", nearest[1])] if nearest else []),
            f"Add the file, or rename one to {files.partition(' ')[0]}.",
            "Build the directory that contains the file (`pack build --path DIRECTORY`).",
        )


class ModelClassNotFound(BuildError):
    """A MODEL_NAME whose module does not define the class.

    ``classes`` are those that it defines; ``proposal`` is a MODEL_NAME that would work.
    """

    def __init__(
        self,
        class_name: str,
        file: str,
        classes: Sequence[str],
        nearest: str | None,
        proposal: str | None,
        why: str = "",
    ) -> None:
        has = f"It defines {', '.join(classes)}." if classes else "It defines no class."
        super().__init__(
            f"`{file}` has no class `{class_name}`",
            f"MODEL_NAME says that {file} defines or imports {class_name}. {has}{why}",
            *([_set("MODEL_NAME", proposal)] if proposal else []),
            f"Rename {nearest} to {class_name} in {file}."
            if nearest
            else f"Define the class {class_name} at the top level of {file}.",
        )


class ModelClassIsModule(BuildError):
    """A MODEL_NAME that ends in a module, not a class.

    The wrapper splits it with ``rsplit('.', 1)``.
    """

    def __init__(self, name: str, file: str, proposal: str | None) -> None:
        super().__init__(
            f"`MODEL_NAME={name}` names a file, not a class",
            f"{name.replace('.', '/')} is the file {file}. In a dotted name, the last part is the class, and the rest is\n"
            "its module.",
            _set("MODEL_NAME", proposal or f"{name}.MyModel")
            + ("" if proposal else "\nReplace MyModel with the name of your class."),
        )


class ModelModuleShadowed(BuildError):
    """A model's module that is hidden by a package directory of the same name.

    Python prefers the directory.
    """

    def __init__(self, class_name: str, file: str, package: str) -> None:
        super().__init__(
            f"`{file}` is hidden by `{package}`",
            f"{file} defines {class_name}, but Python imports the package {package} of the same name instead, which does not.",
            f"Rename the directory {package}.",
            f"Import {class_name} in {package}__init__.py.",
        )


class ModelModuleIsStandard(BuildError):
    """A model's module with the name of a standard library module.

    Python finds the standard library's first, because the wrapper appends the source to sys.path.
    """

    def __init__(self, file: str, top: str, class_name: str) -> None:
        super().__init__(
            f"`{file}` is hidden by Python's standard module `{top}`",
            f"The wrapper searches Python's standard library first, and that has a module {top} too.",
            f"Rename {file}, for example to {class_name}.py, and set MODEL_NAME={class_name}. For another name, set MODEL_NAME=NAME.{class_name}.",
        )


class ModelModuleInstalled(BuildError):
    """A model's module with the name of a module from an installed package.

    Python finds the package's first, because the wrapper appends the source to sys.path. ``own`` is
    the user's file, or the top directory of a dotted module, with a trailing slash. ``package`` is
    the name that pip lists.
    """

    def __init__(self, own: str, module: str, class_name: str, package: str) -> None:
        top = module.partition(".")[0]
        folder, _, last = own.rstrip("/").rpartition("/")
        renamed = f"{folder}/my_{last}".lstrip("/") + own[len(own.rstrip("/")) :]
        super().__init__(
            f"`{own}` is hidden by the installed package `{package}`",
            f"{package} has a module {top} too. The wrapper searches the installed packages before the source, and would\n"
            f"load {class_name} from there, if {package} has it.",
            f"Rename {own}, for example to {renamed}, and set MODEL_NAME=my_{module}.{class_name}.",
            f"If you mean the class {class_name} of {package}, remove {own} from the source, or exclude it in .s2iignore.",
        )


class ModelMethodMissing(BuildError):
    """A class without any of the methods that its service type needs.

    ``has`` are the methods it defines; ``fitting`` is a service type that would work.
    """

    def __init__(
        self,
        class_name: str,
        file: str,
        service_type: str,
        needed: Sequence[str],
        has: Sequence[str],
        fitting: str | None,
    ) -> None:
        defined = f"It has {', '.join(has)}." if has else "It has no methods."
        super().__init__(
            f"`{class_name}` has no method for `SERVICE_TYPE={service_type}`",
            f"The wrapper calls a {service_type} through {' or '.join(needed)} (or a raw form, {needed[0]}_raw). {class_name} in {file} defines none of them. {defined}",
            *([_set("SERVICE_TYPE", fitting)] if fitting else []),
            f"Define `{needed[0]}` in {class_name}.",
        )


@dataclass(frozen=True, kw_only=True)
class ModuleNeeded:
    """A module that the model imports and nothing in the image provides."""

    # Its dotted name.
    name: str
    # Where it is imported: the file of the source, and the line.
    file: str
    line: int
    # The package that contains it, if that is known; else empty.
    package: str = ""
    # The Python version that removed it from the standard library, such as `3.12`; else empty.
    removed: str = ""
    # A file of the source with a similar name; else empty.
    near: str = ""

    @property
    def inside(self) -> bool:
        """Whether it is missing in a package of the source."""
        return "." in self.name


class ModelImportMissing(BuildError):
    """Modules that the model certainly imports, and that nothing in the image provides.

    ``manifest`` is the file that lists the packages to install.
    """

    def __init__(self, needed: Sequence[ModuleNeeded], manifest: str) -> None:
        first = needed[0]
        title = (
            f"{first.file} imports `{first.name}`, which is not installed"
            if len(needed) == 1
            else f"The model imports {len(needed)} modules that are not installed"
        )
        lines = "\n".join(
            f"  {module.file}, line {module.line}: {module.name}{_why_missing(module)}"
            for module in needed
        )
        elsewhere = [
            module for module in needed if not (module.inside or module.removed or module.near)
        ]
        packages = [module.package for module in elsewhere if module.package]
        unknown = [f"`{module.name}`" for module in elsewhere if not module.package]
        removed = [module for module in needed if module.removed]
        super().__init__(
            title,
            f"The model runs these imports each time it starts, so it could not start:\n{lines}",
            *([f"Add {_and(packages)} to {manifest}."] if packages else []),
            # A package of the module's name may be anybody's: it is not proposed.
            *(
                [f"Add the package that has {_and(unknown)} to {manifest}, or add its source file."]
                if unknown
                else []
            ),
            *(_replace_removed(module) for module in removed),
            *(
                ["Add the missing files to the source, or remove the imports."]
                if any(module.inside for module in needed)
                else []
            ),
            *(
                ["Change the import to the name of the file: case matters in the image."]
                if any(module.near for module in needed)
                else []
            ),
            "If the model can work without a module, import it in a `try` block that catches ImportError.",
            "If the module is added when the container runs, set BP_MODEL_TRIAL=off: the build then only warns.",
        )


def _why_missing(module: ModuleNeeded) -> str:
    if module.removed:
        return f" (removed from Python's standard library in {module.removed})"
    if module.near:
        return f" (the source has {module.near})"
    return f" (package {module.package})" if module.package not in ("", module.name) else ""


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _replace_removed(module: ModuleNeeded) -> str:
    major, minor = module.removed.split(".")
    return (
        f"Replace `{module.name}`, or use Python {major}.{int(minor) - 1} or older, which has it: "
        "set BP_PYTHON_VERSION."
    )
