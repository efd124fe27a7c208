"""From a store to a checkpoint: samples, recipes, fitting, the model card."""
