"""A program for tests: ``python behave.py RATE EPOCHS HOW [RESUME_FROM SAVE_TO]``."""

import math
import os
import subprocess
import sys
import time
from pathlib import Path

rate, epochs, how = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
resume, save = [*sys.argv[4:], "", ""][:2]
before = int(Path(resume).read_text()) if resume else 0

if how == "silent":
    print("I trained well, but keep it to myself")
    sys.exit(0)
if how == "crash" or (how == "crash above 1" and rate > 1):
    print("score: 0.5")
    sys.exit("no such layer")
if how == "crash once" and not Path("crashed").exists():
    Path("crashed").touch()
    sys.exit("no luck")
if how == "hang above 1" and rate > 1:
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)
if how == "one score":
    print("score:", math.log10(rate / 0.01) ** 2)
    sys.exit(0)
if how == "too many":
    epochs += 1
for epoch in range(before + 1, before + epochs + 1):
    if how == "slow" and not Path("hurry").exists():
        print(f"working as {os.getpid()}", file=sys.stderr)
        time.sleep(0.05)
    score = math.log10(rate / 0.01) ** 2 + 1 / epoch
    print(f"epoch {epoch}: val_loss={score}" if how == "val_loss" else f"score: {score}")
if save and how != "forget":
    Path(save).write_text(str(before + epochs))
