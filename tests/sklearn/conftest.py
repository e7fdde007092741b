def pytest_configure(config):
    # A marker in scikit-learn's own test module, which test_sklearn_own.py imports.
    config.addinivalue_line("markers", "thread_unsafe: scikit-learn's, of tests in threads")
