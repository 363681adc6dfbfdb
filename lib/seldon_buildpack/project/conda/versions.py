"""conda's version specs, as far as the choice of a Python needs them (conda: Package match specifications)."""


def minors(spec: str) -> tuple[str, ...]:
    """The Pythons of those that a wrapper runs on which a version spec allows, newest first; an empty spec allows all."""
    raise NotImplementedError


def pep440(spec: str) -> str:
    """The same as pip writes it: `==1.16.*` for `=1.16`; empty where every version will do, or pip has no words for it."""
    raise NotImplementedError
