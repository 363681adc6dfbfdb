"""Messages that explain why detect fails."""


def not_ours() -> str:
    """Explain that the source does not look like a Seldon model."""
    return (
        "No Python model for Seldon found: there is no MODEL_NAME, no .s2i/environment next to Python code or a Python manifest, "
        "and no Python file with a class that has predict or another method of Seldon's wrapper."
    )


def not_ours_but_seldons() -> str:
    """Explain that the model is for another of Seldon's wrappers."""
    return "This is a model for Seldon's Node.js, R or Java wrapper: there is no Python file of the model and no Python manifest."
