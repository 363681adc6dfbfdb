"""Train digits.keras on scikit-learn's handwritten digits (8 x 8 pixels, 0 to 16)."""

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(0)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X.astype("float32"), y, random_state=0)

model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Rescaling(1 / 16),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X_train, y_train, epochs=60, verbose=0)
print("accuracy", round(model.evaluate(X_test, y_test, verbose=0)[1], 3))

# Without the optimizer's state, which is needed only for training.
served = keras.Sequential.from_config(model.get_config())
served.set_weights(model.get_weights())
served.save("digits.keras")
