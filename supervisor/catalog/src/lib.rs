//! Upstream tool definitions as a program finds them: names, types, files, search.
