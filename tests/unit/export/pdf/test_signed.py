"""Signatures made and checked by pyHanko; skipped where it is not installed."""

import datetime
import io
import warnings
from pathlib import Path

import pytest
from laid import line, page
from pdfs import PdfWriter, text

from inkread.document import Document
from inkread.errors import UnsupportedFormatError
from inkread.export.pdf.searchable import add_layer

pytest.importorskip("pyhanko", reason="needs pyHanko: pip install pyhanko")

pytestmark = pytest.mark.filterwarnings("ignore")  # of other people's packages


@pytest.fixture(scope="module")
def signer():
    """A signer with a certificate of its own making."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import NameOID
    from pyhanko.sign import signers

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A signer")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(b"a", key, certificate, None, serialization.NoEncryption())
    return signers.SimpleSigner.load_pkcs12_data(packed, [], passphrase=None)


def signed(signer, **how) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers

    made = PdfWriter()
    made.page(text(50, 700, "signed words"), (612, 792))
    output = io.BytesIO()
    meta = signers.PdfSignatureMetadata(field_name="Signature", **how)
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(made.content())), meta, signer, output=output)
    return output.getvalue()


def status_of(content: bytes, signer):
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    trust = ValidationContext(trust_roots=[signer.signing_cert])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return validate_pdf_signature(signature, trust)


def added(tmp_path: Path, content: bytes) -> bytes:
    (tmp_path / "in.pdf").write_bytes(content)
    document = Document((page([line("Hello brave new world", 200, 300)]),))
    return add_layer(document, tmp_path / "in.pdf", tmp_path / "out.pdf").read_bytes()


def test_a_signature_stays_valid_for_what_it_signed(tmp_path, signer):
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    content = signed(signer)
    before = status_of(content, signer)
    assert before.intact
    assert before.valid
    assert before.coverage == SignatureCoverageLevel.ENTIRE_FILE

    after = status_of(added(tmp_path, content), signer)

    assert after.intact
    assert after.valid
    assert after.trusted
    assert after.coverage == SignatureCoverageLevel.ENTIRE_REVISION


def test_a_changed_byte_would_be_seen(tmp_path, signer):
    result = added(tmp_path, signed(signer))
    assert not status_of(result.replace(b"/MediaBox[0 0 612 792]", b"/MediaBox[0 0 612 793]", 1), signer).intact


def test_a_certified_pdf_is_refused(tmp_path, signer):
    with pytest.raises(UnsupportedFormatError, match="certified against changes"):
        added(tmp_path, signed(signer, certify=True))
