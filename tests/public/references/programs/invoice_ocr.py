"""An invoice is read, and a language model looks over it: python invoice_ocr.py PICTURE REPOSITORY.

The work stands at the top of the file, without a guard for processes that import it again.
"""

import re
import sys

import inkread.dialects.aspose_ocr as ocr
from inkread.dialects.aspose_ai import AsposeAI, AsposeAIModelConfig

engine = ocr.OcrEngine()
engine.image = ocr.Image.load(sys.argv[1])
engine.recognize()
raw_text = engine.recognized_text
print("Raw OCR output:")
print(raw_text)

model_config = AsposeAIModelConfig(
    allow_auto_download="false",
    hugging_face_repo_id=sys.argv[2],
    hugging_face_quantization="q4_k_m",
    gpu_layers=30,
    context_size=512,
)
ai = AsposeAI()
ai.initialize(model_config)


def simple_spell_check(text):
    return ai.run_prompt(f"Correct spelling and punctuation:\n{text}")


def extract_totals(text):
    return "\n".join(re.findall(r"\$\d+(?:,\d{3})*(?:\.\d{2})?", text))


ai.set_post_processor(simple_spell_check, None)
enhanced_text = ai.run_postprocessor(raw_text)
print("\nEnhanced:")
print(repr(enhanced_text))

ai.set_post_processor([str.upper, extract_totals], None)
print("\nTotals:")
print(ai.run_postprocessor(raw_text))

ai.free_resources()
engine.dispose()
