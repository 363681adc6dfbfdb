class WinStay:
    """Keep a branch while it is rewarded, and switch to the other one when it is not."""

    def __init__(self):
        self.branch = 0

    def route(self, X, features_names=None):
        return self.branch

    def send_feedback(self, features, feature_names, reward, truth, routing=None):
        if routing is not None:
            self.branch = routing if reward > 0 else 1 - routing
