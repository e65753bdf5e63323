"""`make demo`: a scripted citizen goes the whole way; exit code 0 only if everything is true."""

from deploy.local.demo.main import main

__all__ = ["main"]
