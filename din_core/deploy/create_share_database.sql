-- Snapshots and short links lie beside the behavior store, in a database of their own.
CREATE DATABASE share;
