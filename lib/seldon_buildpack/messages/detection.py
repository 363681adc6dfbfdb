"""Messages that explain why detect fails."""


def not_ours() -> str:
    """Explain that the source does not look like a Seldon model."""
    return (
        "No Python model for Seldon here: looked for MODEL_NAME, for .s2i/environment beside Python code or a Python manifest, "
        "and for a Python file with a class that has predict or another method of Seldon's wrapper."
    )


def not_ours_but_seldons() -> str:
    """Explain that the model is for another of Seldon's wrappers."""
    return "This is a model for Seldon's Node.js, R or Java wrapper: no Python file of the model and no Python manifest was found."
