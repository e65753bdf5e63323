"""The words of the euro payment area: accounts, references, bank days, the files of banks."""
