"""EnergyPlus models as plants: a mapping file says what the points of a site are in the model (docs/energyplus.md).

The engine runs in a process of its own (`engine_process`), because it cannot be stopped half way in ours without leaving threads.
"""
