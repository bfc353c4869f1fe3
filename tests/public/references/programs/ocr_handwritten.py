"""A note by hand becomes text, read by a service: python ocr_handwritten.py CLIENT_ID CLIENT_SECRET PICTURE."""

import sys
import time

from PIL import Image

import inkread.dialects.aspose_cloud as ocr

CLIENT_ID, CLIENT_SECRET, PICTURE = sys.argv[1:]


def upscale_image(path, min_pixels=600):
    with Image.open(path) as picture:
        if min(picture.size) < min_pixels:
            larger = picture.resize((2 * picture.width, 2 * picture.height), Image.LANCZOS)
            larger.save(path)
    return path


def safe_recognize(engine, retries=3, backoff=2):
    for attempt in range(1, retries + 1):
        try:
            return engine.recognize()
        except ocr.exceptions.OcrException as error:
            print(f"Attempt {attempt} failed: {error}")
            if attempt < retries:
                time.sleep(backoff * attempt)
    raise RuntimeError("All OCR attempts failed.")


ocr_engine = ocr.OcrEngine(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
ocr_engine.load_image(upscale_image(PICTURE))
ocr_engine.set_recognition_mode(ocr.RecognitionMode.HANDWRITTEN)
result = safe_recognize(ocr_engine)

print("\n=== Recognized Text ===")
print(result.text)
