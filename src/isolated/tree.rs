//! The tree that stands for the context of an image build, as data: what belongs there, and what differs.
