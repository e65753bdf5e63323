const FILES = ["FILES"];
