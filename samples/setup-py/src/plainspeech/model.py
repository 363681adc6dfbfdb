from unidecode import unidecode


class Plain:
    """Text without accents, for a model that was trained on plain letters."""

    def transform_input(self, X, features_names=None):
        return [[unidecode(word) for word in row] for row in X]
