"""The parts of the HTML page: charts drawn as SVG, sections, the sortable table."""
