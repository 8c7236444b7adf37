"""What a facility draws beside IT, a step or more ahead: learned row by row, blended from simple experts, its changes dated."""
