//! `explain`: a field of the document, from the same texts that document the library.
