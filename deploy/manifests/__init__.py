"""Checks what the manifests render to: schemas of Kubernetes and its operators, and policies of our own."""
