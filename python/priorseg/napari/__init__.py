"""The napari plug-in: widgets that learn and segment, a reader of what priorseg wrote, and sample data.

napari finds it by itself; nothing of napari is imported before it asks for a part.
"""
