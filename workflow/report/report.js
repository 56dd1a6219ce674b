// Runs at the end of Snakemake's report, see workflow/rules/report.smk. Parts that another version of
// Snakemake does not have are skipped.
{
  const CONTENT = { "image/png": "img", "text/html": "html", "application/pdf": "pdf" };

  // Every request for a result shows it beside its description.
  const show = (path, place = "") => {
    const result = results[path];
    app.setView({
      navbarMode: "resultinfo",
      category: Object.keys(categories).find((name) =>
        Object.values(categories[name]).flat().includes(path)),
      resultPath: path,
      content: CONTENT[result.mime_type],
      contentPath: result.data_uri + place,
    });
  };
  App.prototype.showResultInfo = (path) => show(path);

  // Hide the parameters of jobs: digests and the description of the run do not help a reader.
  ResultInfo.prototype.getParamsAndWildcards = () => [];

  // A category with one page opens the page.
  const { showCategory } = App.prototype;
  App.prototype.showCategory = function (category) {
    const paths = Object.values(categories[category]).flat();
    if (paths.length === 1) show(paths[0]);
    else showCategory.call(this, category);
  };

  // The search covers numbers and captions too and ignores case, and every search has separate
  // results.
  const text = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;
  SearchResults.prototype.getResults = function () {
    const term = this.props.searchTerm;
    let finds = (words) => words.toLowerCase().includes(term.toLowerCase());
    if (term.startsWith("re:")) {
      try {
        const pattern = new RegExp(term.slice(3), "i");
        finds = (words) => pattern.test(words);
      } catch {
        finds = () => false;
      }
    }
    return Object.entries(results).filter(([path, result]) =>
      [path, ...Object.values(result.labels || {}), text(result.caption)].some(finds));
  };
  const { renderContent } = Navbar.prototype;
  Navbar.prototype.renderContent = function () {
    const { navbarMode, searchTerm } = this.props.app.state;
    return React.cloneElement(renderContent.call(this), { key: `${navbarMode} ${searchTerm}` });
  };

  // Figure 2 comes before figure 10.
  const { getData } = AbstractResults.prototype;
  AbstractResults.prototype.getData = function () {
    const data = getData.call(this);
    const order = new Intl.Collator("en", { numeric: true });
    data.entryLabelValues.sort((a, b) => order.compare(a.join(), b.join()));
    return data;
  };

  // On a narrow screen the content is at the bottom: scroll to it.
  ContentDisplay.prototype.componentDidUpdate = function () {
    if (matchMedia("(max-width: 800px)").matches && this.trigger !== app.state.renderTrigger) {
      setTimeout(() => document.querySelector("#app .grow.h-screen").scrollIntoView(), 100);
    }
    this.trigger = app.state.renderTrigger;
  };

  // A page in the report asks which of its links the report has, and for one of them: see
  // workflow/lib/invariance/report/links.js.
  const place = (name) => Object.keys(results).find((path) => path.endsWith(`/${name.split("#")[0]}`));
  window.addEventListener("message", ({ data, source }) => {
    if (data && data.links) source.postMessage({ has: data.links.filter((one) => one && place(one)) }, "*");
    const path = data && data.show && place(data.show);
    if (path) show(path, data.show.includes("#") ? `#${data.show.split("#")[1]}` : "");
  });
}
