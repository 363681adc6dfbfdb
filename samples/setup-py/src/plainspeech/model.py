from unidecode import unidecode


class Plain:
    """Remove accents from text, for a model that was trained on plain letters."""

    def transform_input(self, X, features_names=None):
        return [[unidecode(word) for word in row] for row in X]
