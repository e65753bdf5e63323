"""Runs the portal: on one machine (`local`), in containers, on Kubernetes."""
