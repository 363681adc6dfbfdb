"""Warnings about files of the source on their way into the image."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice


def left_out_unread(name: str) -> Advice:
    """Warn that ``.s2iignore`` excludes a file that the build looks for."""
    return Advice(
        f"{name} is excluded by .s2iignore, so the build does not read it, as with s2i.",
        f"If the build should read it, write `!{name}` as the last line of .s2iignore.",
    )


def script_not_run(path: str) -> Advice:
    """Warn about a script that s2i runs instead of its builder image's, and the build doesn't."""
    instead = {
        "assemble": "Put packages in requirements.txt, labels in .s2i/image_metadata.json, and other preparation in an executable\n"
        "file `before-run` at the root of the source, which runs at each start.",
        "run": "Put commands that run before the model in an executable file `before-run` at the root of the source, and its exports\n"
        "in .s2i/environment.",
        "save-artifacts": "Remove it: builds reuse installed packages without it.",
        "test/run": "Run it yourself: a build does not run tests.",
    }
    return Advice(f"{path} is not run: only s2i runs it.", instead[path.removeprefix(".s2i/bin/")])


def before_run_not_executable() -> Advice:
    """Warn about a before-run that is not executable; s2i skips it without a message."""
    return Advice(
        "before-run is not executable, so it does not run before the model, as with s2i.",
        "Make it executable: `chmod +x before-run` (for git: `git update-index --chmod=+x before-run`). If it is not meant to run, remove it.",
    )


def closed_to_others(names: Sequence[str]) -> Advice:
    """Warn about files that aren't world-readable, and whose mode the build can't change.

    This happens if the build does not own the source.
    """
    return Advice(
        f"Not everyone can read {first_names(names)}, and the build cannot change that. A model that runs as another user cannot read it either.",
        "Make the source readable for everyone: `chmod -R a+rX .` in its directory.",
    )


def links_lead_nowhere(names: Sequence[str]) -> Advice:
    """Warn about relative links whose target is not in the source or was excluded."""
    return Advice(
        f"Links without a target in the image: {first_names(names)}.",
        "Only the directory that you build is available. Add the targets to it, or remove the links.",
    )


def git_lfs_pointers(names: Sequence[str]) -> Advice:
    """Warn about pointers of Git LFS that nothing names which the model runs."""
    return Advice(
        f"Git LFS pointers, not the files themselves: {first_names(names)}. The code that the model runs does not name them.",
        "If the model opens them, run `git lfs install && git lfs pull` before the build (docs/platforms.md). Otherwise add them to .s2iignore.",
    )
