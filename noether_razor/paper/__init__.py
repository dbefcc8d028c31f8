"""The paper's tables, made again from runs of `configs/experiment/table*`, with five seeds each."""
