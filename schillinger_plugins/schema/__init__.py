"""How data that others wrote is read: strictly, with every flaw named and placed.

``json_text`` reads JSON text, ``strict`` is the pydantic base of the models, ``config`` applies a JSON Schema that a
plugin supplies. All three treat what they read as hostile. Called by ``manifest`` and ``definition``.
"""
