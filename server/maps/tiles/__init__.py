"""Vector tiles: areas, cells with measures, households and disputes, within the asker's sight."""
