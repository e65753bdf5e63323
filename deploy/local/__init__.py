"""The portal on one machine: servers, secrets, processes, mailbox and sandboxes behind `make run`."""
