from setuptools import find_packages, setup

setup(
    name="plainspeech",
    version="1.0",
    package_dir={"": "src"},
    packages=find_packages("src"),
    install_requires=["Unidecode==1.3.8"],
)
