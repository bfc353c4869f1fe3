"""What is wrong with a page, a file or this machine, in plain words with what to do."""
